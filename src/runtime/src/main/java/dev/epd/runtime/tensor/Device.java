package dev.epd.runtime.tensor;

/** Where a tensor lies and what computes with it. */
public enum Device {
  /** Host memory. */
  CPU(0),

  /** The memory of the first GPU that this process sees. */
  CUDA(1);

  private final int code;

  Device(int code) {
    this.code = code;
  }

  /** The number of libtorch's C ABI ({@code c10/core/DeviceType.h}). */
  int code() {
    return code;
  }

  /** The device with libtorch's number {@code code}. */
  static Device ofCode(int code) {
    for (Device device : values()) {
      if (device.code == code) {
        return device;
      }
    }
    throw new IllegalArgumentException("libtorch device type " + code + " is not supported");
  }
}

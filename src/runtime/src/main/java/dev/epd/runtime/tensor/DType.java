package dev.epd.runtime.tensor;

/**
 * Element types, with libtorch's scalar type number ({@code c10/core/ScalarType.h}) and the size in
 * bytes.
 */
public enum DType {
  UINT8(0, 1),
  INT32(3, 4),
  INT64(4, 8),
  FLOAT16(5, 2),
  FLOAT32(6, 4),
  BOOL(11, 1),
  BFLOAT16(15, 2);

  private final int code;
  private final int bytes;

  DType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The number TorchScript and libtorch's C ABI use for this type. */
  public int code() {
    return code;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** The type with libtorch's number {@code code}. */
  public static DType ofCode(int code) {
    for (DType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IllegalArgumentException("libtorch scalar type " + code + " is not supported");
  }
}

package dev.epd.runtime.tensor;

import ai.djl.pytorch.engine.PtNDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A libtorch tensor. Owned by the {@link TensorScope} that made it, until that scope closes or
 * {@link TensorScope#release} hands it to the caller, who then closes it. Not thread-safe.
 */
public final class Tensor implements AutoCloseable {
  private final PtNDArray array;
  private final DType dtype;
  private final Device device;
  private final long[] shape;

  /** Keeps Java-allocated memory reachable while libtorch points into it. */
  private final @Nullable MemorySegment memory;

  /** Whether {@link #memory} is this tensor's own, to be freed with it. */
  private final boolean ownsMemory;

  private boolean closed;

  Tensor(PtNDArray array, @Nullable MemorySegment memory, boolean ownsMemory) {
    LibTorch lib = Torch.get().lib();
    this.array = array;
    this.dtype = lib.dtype(array.getHandle());
    this.device = lib.device(array.getHandle());
    this.shape = lib.sizes(array.getHandle());
    this.memory = memory;
    this.ownsMemory = ownsMemory;
    Torch.openCount().incrementAndGet();
  }

  public DType dtype() {
    return dtype;
  }

  public Device device() {
    return device;
  }

  public long[] shape() {
    return shape.clone();
  }

  /** Size of dimension {@code i}. */
  public int size(int i) {
    return Math.toIntExact(shape[i]);
  }

  public long elements() {
    long n = 1;
    for (long s : shape) {
      n *= s;
    }
    return n;
  }

  public long byteSize() {
    return elements() * dtype.bytes();
  }

  /**
   * The memory of this tensor, not copied, readable and writable, valid while the tensor is open.
   *
   * @throws IllegalStateException if the tensor is closed, not contiguous or not in host memory
   */
  public MemorySegment segment() {
    if (device != Device.CPU) {
      throw new IllegalStateException("not in host memory: " + this);
    }
    return pointer();
  }

  private MemorySegment pointer() {
    LibTorch lib = Torch.get().lib();
    long handle = array().getHandle();
    long expected = 1;
    long[] strides = lib.strides(handle);
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] > 1 && strides[i] != expected) {
        throw new IllegalStateException("tensor is not contiguous: " + this);
      }
      expected *= shape[i];
    }
    return lib.dataPtr(handle).reinterpret(byteSize());
  }

  /**
   * Copies as many bytes as {@code host} has, from {@code offset} on in row-major order, to host
   * memory outside of the Java heap. On a GPU this waits for the work that was begun before.
   */
  public void read(long offset, MemorySegment host) {
    MemorySegment own = pointer().asSlice(offset, host.byteSize());
    if (device == Device.CPU) {
      host.copyFrom(own);
    } else {
      Torch.get().lib().copy(own, device, host, Device.CPU);
    }
  }

  /** Copies all of {@code host} into this tensor's bytes from {@code offset} on, as read does. */
  public void write(long offset, MemorySegment host) {
    MemorySegment own = pointer().asSlice(offset, host.byteSize());
    if (device == Device.CPU) {
      own.copyFrom(host);
    } else {
      Torch.get().lib().copy(host, Device.CPU, own, device);
    }
  }

  /** The bytes of this tensor in host memory: its own, or a copy in {@code arena} of a GPU's. */
  public MemorySegment onHost(Arena arena) {
    if (device == Device.CPU) {
      return segment();
    }
    MemorySegment host = arena.allocate(byteSize(), 64);
    read(0, host);
    return host;
  }

  /** A copy of the elements of a FLOAT32 tensor, in row-major order. */
  public float[] toFloats() {
    if (dtype != DType.FLOAT32) {
      throw new IllegalStateException("toFloats needs FLOAT32, this is " + this);
    }
    try (Arena arena = Arena.ofConfined()) {
      return onHost(arena).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  PtNDArray array() {
    if (closed) {
      throw new IllegalStateException("tensor is closed: " + this);
    }
    return array;
  }

  public boolean isClosed() {
    return closed;
  }

  /** Frees the tensor; closing twice does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      array.close();
      if (memory != null && ownsMemory) {
        NativeMemory.free(memory);
      }
      Torch.openCount().decrementAndGet();
    }
  }

  @Override
  public String toString() {
    return dtype
        + Arrays.toString(shape)
        + (device == Device.CPU ? "" : " on " + device)
        + (memory == null ? "" : " over Java memory");
  }
}

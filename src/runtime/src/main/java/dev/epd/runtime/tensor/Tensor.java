package dev.epd.runtime.tensor;

import ai.djl.pytorch.engine.PtNDArray;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A libtorch tensor in CPU memory. Owned by the {@link TensorScope} that made it, until that scope
 * closes or {@link TensorScope#release} hands it to the caller, who then closes it. Not
 * thread-safe.
 */
public final class Tensor implements AutoCloseable {
  private final PtNDArray array;
  private final DType dtype;
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
    this.shape = lib.sizes(array.getHandle());
    this.memory = memory;
    this.ownsMemory = ownsMemory;
    Torch.openCount().incrementAndGet();
  }

  public DType dtype() {
    return dtype;
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
   * @throws IllegalStateException if the tensor is closed or not contiguous
   */
  public MemorySegment segment() {
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

  /** A copy of the elements of a FLOAT32 tensor, in row-major order. */
  public float[] toFloats() {
    if (dtype != DType.FLOAT32) {
      throw new IllegalStateException("toFloats needs FLOAT32, this is " + this);
    }
    return segment().toArray(ValueLayout.JAVA_FLOAT);
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
    return dtype + Arrays.toString(shape) + (memory == null ? "" : " over Java memory");
  }
}

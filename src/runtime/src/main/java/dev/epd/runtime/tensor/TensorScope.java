package dev.epd.runtime.tensor;

import ai.djl.pytorch.engine.PtNDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owner of the tensors of one step: everything made in it is freed when it closes, but for what was
 * {@link #release released}. Tensors that nobody owns are never freed by the garbage collector, so
 * there is always a scope. Used by one thread at a time.
 */
public final class TensorScope implements AutoCloseable {
  private final Set<Tensor> owned = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Device device;
  private boolean closed;

  /** A scope that makes its tensors in host memory. */
  public TensorScope() {
    this(Device.CPU);
  }

  /** A scope that makes its tensors on {@code device}. */
  public TensorScope(Device device) {
    this.device = device;
  }

  /** A new scope on the same device. */
  public TensorScope sibling() {
    return new TensorScope(device);
  }

  /** A FLOAT32 tensor with a copy of {@code values}. */
  public Tensor floats(float[] values, long... shape) {
    checkCount(values.length, DType.FLOAT32, shape);
    if (device != Device.CPU) {
      try (Arena arena = Arena.ofConfined()) {
        return load(arena.allocateFrom(ValueLayout.JAVA_FLOAT, values), DType.FLOAT32, shape);
      }
    }
    Tensor tensor = zeros(DType.FLOAT32, shape);
    MemorySegment.copy(values, 0, tensor.segment(), ValueLayout.JAVA_FLOAT, 0, values.length);
    return tensor;
  }

  /** An INT64 tensor with a copy of {@code values}. */
  public Tensor longs(long[] values, long... shape) {
    checkCount(values.length, DType.INT64, shape);
    if (device != Device.CPU) {
      try (Arena arena = Arena.ofConfined()) {
        return load(arena.allocateFrom(ValueLayout.JAVA_LONG, values), DType.INT64, shape);
      }
    }
    Tensor tensor = zeros(DType.INT64, shape);
    MemorySegment.copy(values, 0, tensor.segment(), ValueLayout.JAVA_LONG, 0, values.length);
    return tensor;
  }

  /** An INT64 tensor with a copy of {@code values}, widened (libtorch indexes with 64 bits). */
  public Tensor indices(int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return longs(wide, wide.length);
  }

  /** A tensor of zeros in memory of its own, freed with it: views of it must not live longer. */
  public Tensor zeros(DType type, long... shape) {
    requireOpen();
    Torch torch = Torch.get();
    if (device != Device.CPU) {
      Tensor tensor = empty(type, shape);
      torch.lib().zero(tensor.array().getHandle());
      return tensor;
    }
    MemorySegment memory = NativeMemory.allocate(bytes(type, shape));
    long handle = torch.lib().fromBlob(memory, device, type, shape);
    return take(new Tensor(new PtNDArray(torch.root(), handle), memory, true));
  }

  /**
   * The elements of {@code memory} on this scope's device: on the CPU a tensor over it, as {@link
   * #wrap} makes; elsewhere a copy, which does not need the memory any more.
   */
  public Tensor load(MemorySegment memory, DType type, long... shape) {
    if (device == Device.CPU) {
      return wrap(memory, type, shape);
    }
    checkSize(memory, type, shape);
    Tensor tensor = empty(type, shape);
    tensor.write(0, memory);
    return tensor;
  }

  private Tensor empty(DType type, long[] shape) {
    requireOpen();
    Torch torch = Torch.get();
    return adopt(new PtNDArray(torch.root(), torch.lib().empty(device, type, shape)), null);
  }

  /**
   * A tensor over {@code memory}, not copied, in host memory whatever this scope's device. Off-heap
   * memory only; its arena must stay open while the tensor, or a view of it, is in use.
   *
   * @throws IllegalArgumentException when the size of the memory is not that of the shape
   */
  public Tensor wrap(MemorySegment memory, DType type, long... shape) {
    checkSize(memory, type, shape);
    Torch torch = Torch.get();
    long handle = torch.lib().fromBlob(memory, Device.CPU, type, shape);
    return adopt(new PtNDArray(torch.root(), handle), memory);
  }

  /** Takes {@code tensor} out of this scope: the caller closes it from now on. */
  public Tensor release(Tensor tensor) {
    if (!owned.remove(tensor)) {
      throw new IllegalArgumentException("the scope does not own " + tensor);
    }
    return tensor;
  }

  /** Hands an open tensor to this scope, which closes it. */
  public Tensor take(Tensor tensor) {
    requireOpen();
    owned.add(tensor);
    return tensor;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      owned.forEach(Tensor::close);
      owned.clear();
    }
  }

  Tensor adopt(PtNDArray array, @Nullable MemorySegment memory) {
    requireOpen();
    return take(new Tensor(array, memory, false));
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the scope is closed");
    }
  }

  private static void checkSize(MemorySegment memory, DType type, long[] shape) {
    if (memory.byteSize() != bytes(type, shape)) {
      throw new IllegalArgumentException(
          memory.byteSize() + " bytes of memory for a tensor of " + bytes(type, shape) + " bytes");
    }
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "libtorch cannot see heap memory; allocate it in an Arena");
    }
  }

  private static void checkCount(int given, DType type, long[] shape) {
    long needed = bytes(type, shape) / type.bytes();
    if (given != needed) {
      throw new IllegalArgumentException(given + " values for a shape of " + needed);
    }
  }

  private static long bytes(DType type, long[] shape) {
    long n = type.bytes();
    for (long s : shape) {
      if (s < 0) {
        throw new IllegalArgumentException("negative dimension " + s);
      }
      n = Math.multiplyExact(n, s);
    }
    return n;
  }
}

package dev.epd.runtime.tensor;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The few functions of libtorch's C ABI ({@code torch/csrc/inductor/aoti_torch/c/shim.h}) that
 * DJL's JNI lacks. A handle is an {@code at::Tensor*}, the same that DJL's arrays hold. The ABI is
 * promised only for compiled models, so all symbols are looked up at start.
 */
final class LibTorch {
  private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT;
  private static final AddressLayout PTR = ValueLayout.ADDRESS;

  private final MethodHandle fromBlob;
  private final MethodHandle dataPtr;
  private final MethodHandle dtype;
  private final MethodHandle dim;
  private final MethodHandle sizes;
  private final MethodHandle strides;
  private final MethodHandle device;
  private final MethodHandle empty;
  private final MethodHandle zero;
  private final MethodHandle copy;
  private final MethodHandle delete;

  private final Path folder;

  private LibTorch(Path folder, SymbolLookup lookup) {
    this.folder = folder;
    fromBlob =
        find(
            lookup,
            "aoti_torch_create_tensor_from_blob",
            FunctionDescriptor.of(I32, PTR, I64, PTR, PTR, I64, I32, I32, I32, PTR));
    FunctionDescriptor getter = FunctionDescriptor.of(I32, I64, PTR);
    dataPtr = find(lookup, "aoti_torch_get_data_ptr", getter);
    dtype = find(lookup, "aoti_torch_get_dtype", getter);
    dim = find(lookup, "aoti_torch_get_dim", getter);
    sizes = find(lookup, "aoti_torch_get_sizes", getter);
    strides = find(lookup, "aoti_torch_get_strides", getter);
    device = find(lookup, "aoti_torch_get_device_type", getter);
    empty =
        find(
            lookup,
            "aoti_torch_empty_strided",
            FunctionDescriptor.of(I32, I64, PTR, PTR, I32, I32, I32, PTR));
    zero = find(lookup, "aoti_torch_zero_", FunctionDescriptor.of(I32, I64));
    copy = find(lookup, "aoti_torch_copy_", FunctionDescriptor.of(I32, I64, I64, I32));
    delete = find(lookup, "aoti_torch_delete_tensor_object", FunctionDescriptor.of(I32, I64));
  }

  static LibTorch open(Path folder) {
    return new LibTorch(folder, lookup(folder, "torch_cpu"));
  }

  private static SymbolLookup lookup(Path folder, String library) {
    return SymbolLookup.libraryLookup(
        folder.resolve(System.mapLibraryName(library)), Arena.global());
  }

  private static MethodHandle find(SymbolLookup lookup, String name, FunctionDescriptor type) {
    MemorySegment symbol =
        lookup
            .find(name)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "this libtorch has no " + name + "; use the version the build pins"));
    return Linker.nativeLinker().downcallHandle(symbol, type);
  }

  /**
   * A tensor over {@code memory}, which lies on {@code place}; not copied: the memory must outlive
   * it.
   */
  long fromBlob(MemorySegment memory, Device place, DType type, long[] shape) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sizeArray = sizes(arena, shape);
      MemorySegment strideArray = rowMajor(arena, shape);
      MemorySegment out = arena.allocate(I64);
      int status =
          (int)
              fromBlob.invokeExact(
                  memory,
                  (long) shape.length,
                  sizeArray,
                  strideArray,
                  0L,
                  type.code(),
                  place.code(),
                  0,
                  out);
      check(status, "create_tensor_from_blob");
      return out.get(I64, 0);
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  /** A row-major tensor in memory that libtorch allocates on {@code place}; holds anything. */
  long empty(Device place, DType type, long[] shape) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sizeArray = sizes(arena, shape);
      MemorySegment strideArray = rowMajor(arena, shape);
      MemorySegment out = arena.allocate(I64);
      int status =
          (int)
              empty.invokeExact(
                  (long) shape.length, sizeArray, strideArray, type.code(), place.code(), 0, out);
      check(status, "empty_strided");
      return out.get(I64, 0);
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  void zero(long handle) {
    try {
      check((int) zero.invokeExact(handle), "zero_");
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  /**
   * Copies bytes from one device to another, after all work begun before; returns when they are
   * there.
   */
  void copy(MemorySegment from, Device fromPlace, MemorySegment to, Device toPlace) {
    long[] bytes = {from.byteSize()};
    long source = fromBlob(from, fromPlace, DType.UINT8, bytes);
    try {
      long target = fromBlob(to, toPlace, DType.UINT8, bytes);
      try {
        check((int) copy.invokeExact(target, source, 0), "copy_");
      } finally {
        delete(target);
      }
    } catch (Throwable e) {
      throw sneaky(e);
    } finally {
      delete(source);
    }
  }

  private void delete(long handle) {
    try {
      check((int) delete.invokeExact(handle), "delete_tensor_object");
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  private static MemorySegment sizes(Arena arena, long[] shape) {
    MemorySegment out = arena.allocate(I64, Math.max(1, shape.length));
    MemorySegment.copy(shape, 0, out, I64, 0, shape.length);
    return out;
  }

  private static MemorySegment rowMajor(Arena arena, long[] shape) {
    MemorySegment out = arena.allocate(I64, Math.max(1, shape.length));
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      out.setAtIndex(I64, i, stride);
      stride *= shape[i];
    }
    return out;
  }

  MemorySegment dataPtr(long handle) {
    return MemorySegment.ofAddress(getLong(dataPtr, handle, "get_data_ptr"));
  }

  DType dtype(long handle) {
    return DType.ofCode(getInt(dtype, handle, "get_dtype"));
  }

  Device device(long handle) {
    return Device.ofCode(getInt(device, handle, "get_device_type"));
  }

  /** Bytes of the current GPU; libtorch's CUDA library brings the runtime that knows. */
  long cudaMemory() {
    MethodHandle info =
        find(lookup(folder, "torch_cuda"), "cudaMemGetInfo", FunctionDescriptor.of(I32, PTR, PTR));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment free = arena.allocate(I64);
      MemorySegment total = arena.allocate(I64);
      check((int) info.invokeExact(free, total), "cudaMemGetInfo");
      return total.get(I64, 0);
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  long[] sizes(long handle) {
    return longs(sizes, handle, "get_sizes");
  }

  long[] strides(long handle) {
    return longs(strides, handle, "get_strides");
  }

  private long[] longs(MethodHandle getter, long handle, String what) {
    int n = Math.toIntExact(getLong(dim, handle, "get_dim"));
    return MemorySegment.ofAddress(getLong(getter, handle, what))
        .reinterpret(n * I64.byteSize())
        .toArray(I64);
  }

  private static long getLong(MethodHandle getter, long handle, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(I64);
      check((int) getter.invokeExact(handle, out), what);
      return out.get(I64, 0);
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  private static int getInt(MethodHandle getter, long handle, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(I32);
      check((int) getter.invokeExact(handle, out), what);
      return out.get(I32, 0);
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  private static void check(int status, String what) {
    if (status != 0) {
      throw new IllegalStateException("libtorch refused " + what + " (" + status + ")");
    }
  }

  private static RuntimeException sneaky(Throwable e) {
    if (e instanceof RuntimeException r) {
      return r;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }
}

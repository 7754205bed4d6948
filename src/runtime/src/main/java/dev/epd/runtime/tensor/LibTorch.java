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

  private LibTorch(SymbolLookup lookup) {
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
  }

  static LibTorch open(String libtorchFolder) {
    Path library = Path.of(libtorchFolder, System.mapLibraryName("torch_cpu"));
    return new LibTorch(SymbolLookup.libraryLookup(library, Arena.global()));
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

  /** A tensor over {@code memory}, not copied: the memory must outlive it. */
  long fromBlob(MemorySegment memory, DType type, long[] shape) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sizeArray = arena.allocate(I64, Math.max(1, shape.length));
      MemorySegment strideArray = arena.allocate(I64, Math.max(1, shape.length));
      long stride = 1;
      for (int i = shape.length - 1; i >= 0; i--) {
        sizeArray.setAtIndex(I64, i, shape[i]);
        strideArray.setAtIndex(I64, i, stride);
        stride *= shape[i];
      }
      MemorySegment out = arena.allocate(I64);
      int status =
          (int)
              fromBlob.invokeExact(
                  memory, (long) shape.length, sizeArray, strideArray, 0L, type.code(), 0, 0, out);
      check(status, "create_tensor_from_blob");
      return out.get(I64, 0);
    } catch (Throwable e) {
      throw sneaky(e);
    }
  }

  MemorySegment dataPtr(long handle) {
    return MemorySegment.ofAddress(getLong(dataPtr, handle, "get_data_ptr"));
  }

  DType dtype(long handle) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(I32);
      check((int) dtype.invokeExact(handle, out), "get_dtype");
      return DType.ofCode(out.get(I32, 0));
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

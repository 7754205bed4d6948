package dev.epd.runtime.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory for small step inputs, from the C library. An automatic arena would wait for the garbage
 * collector, which sees no reason to run while the Java heap hardly grows; a shared arena is dear
 * to close; a confined one ties a tensor to its thread.
 */
final class NativeMemory {
  private static final int ALIGNMENT = 64;
  private static final MethodHandle ALIGNED_ALLOC =
      find(
          "aligned_alloc",
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      find("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

  private NativeMemory() {}

  private static MethodHandle find(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  /** Zeroed memory of this many bytes, aligned to 64; {@link #free} it exactly once. */
  static MemorySegment allocate(long bytes) {
    long whole = Math.max(ALIGNMENT, Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT);
    try {
      MemorySegment start = (MemorySegment) ALIGNED_ALLOC.invokeExact((long) ALIGNMENT, whole);
      if (start.address() == 0) {
        throw new OutOfMemoryError("no " + whole + " bytes of native memory");
      }
      MemorySegment memory = start.reinterpret(bytes);
      memory.fill((byte) 0);
      return memory;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static void free(MemorySegment memory) {
    try {
      FREE.invokeExact(memory);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.epd.runtime.tensor;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The one libtorch of this process: started once, offline, before the first tensor. Thread-safe.
 */
public final class Torch {
  private static final AtomicInteger OPEN = new AtomicInteger();
  private static @Nullable Torch instance;

  private final PtNDManager root;
  private final LibTorch lib;

  private Torch(PtNDManager root, LibTorch lib) {
    this.root = root;
    this.lib = lib;
  }

  /**
   * Starts libtorch, or sets the thread count if it is already started.
   *
   * @throws IllegalStateException when the native libraries are missing or do not match
   */
  public static synchronized void start(TorchOptions options) {
    if (instance == null) {
      // Read by libgomp when it is loaded: spinning workers starve each other when CPUs are shared.
      setEnvIfAbsent("OMP_WAIT_POLICY", "PASSIVE");
      setPropertyIfAbsent("ai.djl.offline", "true");
      setPropertyIfAbsent("OPT_OUT_TRACKING", "true");
      setPropertyIfAbsent("DJL_CACHE_DIR", options.cache().toString());
      setPropertyIfAbsent("ENGINE_CACHE_DIR", options.cache().toString());
      try {
        Engine engine = Engine.getEngine("PyTorch");
        JniUtils.setNumInteropThreads(1);
        PtNDManager root = (PtNDManager) engine.newBaseManager(ai.djl.Device.cpu());
        instance = new Torch(root, LibTorch.open(LibUtils.getLibtorchPath()));
      } catch (EngineException | UnsatisfiedLinkError e) {
        throw new IllegalStateException(
            "libtorch did not start: put ai.djl.pytorch:pytorch-native-cpu on the class path or set"
                + " PYTORCH_LIBRARY_PATH, and make "
                + options.cache()
                + " writable",
            e);
      }
    }
    JniUtils.setNumThreads(options.threads());
  }

  /** Intra-op threads in use. */
  public static int threads() {
    get();
    return JniUtils.getNumThreads();
  }

  /** Tensors that are open now; a step that leaks shows here. */
  public static int openTensors() {
    return OPEN.get();
  }

  static synchronized Torch get() {
    if (instance == null) {
      start(TorchOptions.defaults());
    }
    if (instance == null) {
      throw new IllegalStateException("libtorch is not started");
    }
    return instance;
  }

  static AtomicInteger openCount() {
    return OPEN;
  }

  PtNDManager root() {
    return root;
  }

  LibTorch lib() {
    return lib;
  }

  private static void setPropertyIfAbsent(String name, String value) {
    if (System.getenv(name) == null && System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }

  private static void setEnvIfAbsent(String name, String value) {
    Linker linker = Linker.nativeLinker();
    var setenv = linker.defaultLookup().find("setenv");
    if (setenv.isEmpty()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      int ignored =
          (int)
              linker
                  .downcallHandle(
                      setenv.get(),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_INT))
                  .invokeExact(
                      (MemorySegment) arena.allocateFrom(name),
                      (MemorySegment) arena.allocateFrom(value),
                      0);
    } catch (Throwable e) {
      throw new IllegalStateException("setenv " + name + " failed", e);
    }
  }
}

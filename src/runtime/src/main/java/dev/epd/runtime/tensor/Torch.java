package dev.epd.runtime.tensor;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;
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
  private final boolean cuda;

  private Torch(PtNDManager root, LibTorch lib, boolean cuda) {
    this.root = root;
    this.lib = lib;
    this.cuda = cuda;
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
      // cuDNN's attention makes a plan for every length it has not seen, which takes longer than a
      // decode step by far; libtorch's other kernels take any length.
      setEnvIfAbsent("TORCH_CUDNN_SDPA_DEPRIORITIZED", "1");
      setPropertyIfAbsent("ai.djl.offline", "true");
      setPropertyIfAbsent("OPT_OUT_TRACKING", "true");
      setPropertyIfAbsent("DJL_CACHE_DIR", options.cache().toString());
      setPropertyIfAbsent("ENGINE_CACHE_DIR", options.cache().toString());
      try {
        Engine engine = Engine.getEngine("PyTorch");
        JniUtils.setNumInteropThreads(1);
        PtNDManager root = (PtNDManager) engine.newBaseManager(ai.djl.Device.cpu());
        instance =
            new Torch(
                root,
                LibTorch.open(Path.of(LibUtils.getLibtorchPath())),
                engine.hasCapability(StandardCapabilities.CUDA));
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

  /**
   * The device to compute on: the one asked for, else a GPU if libtorch sees one, else the CPU.
   *
   * @throws IllegalStateException when a GPU is asked for and libtorch sees none
   */
  public static Device choose(Optional<Device> asked) {
    return choose(asked, get().cuda);
  }

  static Device choose(Optional<Device> asked, boolean cuda) {
    if (!cuda && asked.equals(Optional.of(Device.CUDA))) {
      throw new IllegalStateException(
          "device cuda is asked for and libtorch sees no GPU: give the process one (nvidia-smi lists"
              + " them) and a libtorch made for CUDA (PYTORCH_LIBRARY_PATH, PYTORCH_FLAVOR), or"
              + " choose auto or cpu");
    }
    return asked.orElse(cuda ? Device.CUDA : Device.CPU);
  }

  /** Bytes of the GPU's memory, those in use included. */
  public static long cudaMemory() {
    return get().lib.cudaMemory();
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

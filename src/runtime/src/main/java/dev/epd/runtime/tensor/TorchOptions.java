package dev.epd.runtime.tensor;

import java.nio.file.Path;

/**
 * How libtorch is started in this process.
 *
 * @param threads intra-op threads; a pod gives its CPU limit
 * @param cache folder the native libraries are unpacked to on first use (448 MB), unless {@code
 *     PYTORCH_LIBRARY_PATH} names an unpacked libtorch
 */
public record TorchOptions(int threads, Path cache) {
  public TorchOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
  }

  /** All available processors; cache from {@code DJL_CACHE_DIR}, else {@code ~/.cache/djl}. */
  public static TorchOptions defaults() {
    return new TorchOptions(Runtime.getRuntime().availableProcessors(), defaultCache());
  }

  /** {@link #defaults} with this number of threads. */
  public static TorchOptions ofThreads(int threads) {
    return new TorchOptions(threads, defaultCache());
  }

  private static Path defaultCache() {
    String configured = System.getenv("DJL_CACHE_DIR");
    return configured != null && !configured.isBlank()
        ? Path.of(configured)
        : Path.of(System.getProperty("user.home"), ".cache", "djl");
  }
}

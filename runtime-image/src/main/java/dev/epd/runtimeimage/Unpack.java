package dev.epd.runtimeimage;

import dev.epd.runtime.tensor.Torch;
import dev.epd.runtime.tensor.TorchOptions;

/**
 * Unpacks the native tensor library into {@code DJL_CACHE_DIR} and checks that it starts; run when
 * an image is built.
 */
public final class Unpack {
  private Unpack() {}

  public static void main(String[] args) {
    TorchOptions options = TorchOptions.ofThreads(1);
    Torch.start(options);
    System.out.println("the native library is unpacked in " + options.cache());
    System.exit(0);
  }
}

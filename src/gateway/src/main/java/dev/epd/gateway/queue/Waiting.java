package dev.epd.gateway.queue;

import dev.epd.contract.ImageSize;
import java.util.Arrays;

/** The images that wait, for bounds and gauges. Guarded by the dispatcher's lock. */
final class Waiting {
  private final int[] images = new int[ImageSize.CLASSES];
  private final long[] patches = new long[ImageSize.CLASSES];
  private long bytes;

  /** Takes it off again when {@code sign} is -1. */
  void add(Demand.Picture picture, int sign) {
    int size = ImageSize.of(picture.patches());
    images[size] += sign;
    patches[size] += sign * (long) picture.patches();
    bytes += sign * (long) picture.bytes();
  }

  int images() {
    return Arrays.stream(images).sum();
  }

  int images(int size) {
    return images[size];
  }

  long patches() {
    return Arrays.stream(patches).sum();
  }

  long patches(int size) {
    return patches[size];
  }

  boolean hasRoom(Demand demand, QueueLimits limits) {
    return images() + demand.images().size() <= limits.maxImages()
        && patches() + demand.patches() <= limits.maxPatches()
        && bytes + demand.bytes() <= limits.maxBytes();
  }
}

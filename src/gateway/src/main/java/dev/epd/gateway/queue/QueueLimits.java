package dev.epd.gateway.queue;

/**
 * How much may wait for a place. Only what waits counts; what a pod works on is bounded by the pod.
 *
 * @param maxImages pictures
 * @param maxPatches their work
 * @param maxBytes their files
 * @param maxTextRequests requests without pictures
 */
public record QueueLimits(int maxImages, long maxPatches, long maxBytes, int maxTextRequests) {

  /** Room for a burst of a thousand small pictures. */
  public static final QueueLimits DEFAULT =
      new QueueLimits(
          1_000,
          4_000_000,
          Math.max(64L << 20, Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 4)),
          2_000);

  public QueueLimits {
    if (maxImages < 1 || maxPatches < 1 || maxBytes < 1 || maxTextRequests < 1) {
      throw new IllegalArgumentException("every queue limit must be at least 1");
    }
  }

  /** The same with another number of pictures. */
  public QueueLimits withMaxImages(int images) {
    return new QueueLimits(images, maxPatches, maxBytes, maxTextRequests);
  }
}

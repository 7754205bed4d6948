package dev.epd.simulator;

/**
 * How long one encoder takes for one image: {@code overhead + patches / rate · (1 + patches /
 * knee)}.
 *
 * @param overheadSeconds time that every image costs whatever its size
 * @param patchesPerSecond patches of 14×14 pixels encoded per second, while images are small
 * @param kneePatches size at which attention over all patches costs as much as all else: six times
 *     the width of a transformer (24 n d² against 4 n² d operations per layer); infinite where
 *     attention is windowed
 */
public record ServiceLaw(double overheadSeconds, double patchesPerSecond, double kneePatches) {
  /** 15,000 image tokens of 2×2 patches a second, and 2 ms per image. */
  public static final ServiceLaw DEFAULT = new ServiceLaw(0.002, 60_000);

  /** One in proportion to patches, besides the overhead. */
  public ServiceLaw(double overheadSeconds, double patchesPerSecond) {
    this(overheadSeconds, patchesPerSecond, Double.POSITIVE_INFINITY);
  }

  /** Rejects what no encoder can be. */
  public ServiceLaw {
    if (!(overheadSeconds >= 0) || !(patchesPerSecond > 0) || !(kneePatches > 0)) {
      throw new IllegalArgumentException(
          "need overhead >= 0, rate > 0 and knee > 0, got %s, %s and %s"
              .formatted(overheadSeconds, patchesPerSecond, kneePatches));
    }
  }

  /** Seconds for one image; none for one that needs no encoding (a cache hit). */
  public double seconds(int patches) {
    return patches == 0
        ? 0
        : overheadSeconds + patches / patchesPerSecond * (1 + patches / kneePatches);
  }
}

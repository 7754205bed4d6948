package dev.epd.simulator;

/**
 * How long one encoder takes for one image: {@code overhead + patches / rate}.
 *
 * @param overheadSeconds time that every image costs whatever its size
 * @param patchesPerSecond patches of 14×14 pixels encoded per second
 */
public record ServiceLaw(double overheadSeconds, double patchesPerSecond) {
  /** 15,000 image tokens of 2×2 patches a second, and 2 ms per image. */
  public static final ServiceLaw DEFAULT = new ServiceLaw(0.002, 60_000);

  /** Rejects what no encoder can be. */
  public ServiceLaw {
    if (!(overheadSeconds >= 0) || !(patchesPerSecond > 0)) {
      throw new IllegalArgumentException(
          "need overhead >= 0 and rate > 0, got %s and %s"
              .formatted(overheadSeconds, patchesPerSecond));
    }
  }

  /** Seconds for one image; none for one that needs no encoding (a cache hit). */
  public double seconds(int patches) {
    return patches == 0 ? 0 : overheadSeconds + patches / patchesPerSecond;
  }
}

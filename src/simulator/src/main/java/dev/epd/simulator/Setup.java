package dev.epd.simulator;

/**
 * What is the same for every policy of a comparison.
 *
 * @param startupSeconds from a pod's creation to its readiness; billed
 * @param deadlineSeconds how long work may wait for an encoder
 * @param min fewest replicas
 * @param max most replicas
 * @param initial ready replicas at the beginning
 */
public record Setup(
    ServiceLaw law, double startupSeconds, double deadlineSeconds, int min, int max, int initial) {
  /** Checks the limits. */
  public Setup {
    if (min < 0 || max < min || initial < min || initial > max) {
      throw new IllegalArgumentException(
          "need 0 <= min <= initial <= max, got %d, %d, %d".formatted(min, initial, max));
    }
  }
}

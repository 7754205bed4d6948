package dev.epd.simulator;

/**
 * What is the same for every policy of a comparison.
 *
 * @param startupSeconds from a pod's creation to its readiness; billed
 * @param deadlineSeconds how long work may wait for an encoder
 * @param min fewest replicas
 * @param max most replicas
 * @param initial ready replicas at the beginning
 * @param fleet what the replicas run on
 */
public record Setup(
    ServiceLaw law,
    double startupSeconds,
    double deadlineSeconds,
    int min,
    int max,
    int initial,
    Fleet fleet) {
  /** With replicas that are all alike. */
  public Setup(
      ServiceLaw law,
      double startupSeconds,
      double deadlineSeconds,
      int min,
      int max,
      int initial) {
    this(law, startupSeconds, deadlineSeconds, min, max, initial, Fleet.ALIKE);
  }

  /** Checks the limits. */
  public Setup {
    if (min < 0 || max < min || initial < min || initial > max) {
      throw new IllegalArgumentException(
          "need 0 <= min <= initial <= max, got %d, %d, %d".formatted(min, initial, max));
    }
  }

  /** The same on other hardware. */
  public Setup on(Fleet other) {
    return new Setup(law, startupSeconds, deadlineSeconds, min, max, initial, other);
  }
}

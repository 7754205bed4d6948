package dev.epd.autoscaler;

import java.time.Instant;
import java.util.Map;

/**
 * One look at the load of a cluster, merged from all its gateways and encoders. Work is counted in
 * patches, because images differ two-hundredfold in cost.
 *
 * @param takenAt when the figures were read
 * @param gatewaysExpected gateways that should have answered
 * @param gatewaysAnswered gateways that did
 * @param queuedImages images that wait for an encoder
 * @param queuedPatches their work
 * @param outstandingPatches work bound to encoders and not yet acknowledged
 * @param oldestWaitSeconds age of the oldest waiting image, 0 when none waits
 * @param arrivedPatches running total of arrived work by gateway name; one entry per answer
 * @param encoders running totals by encoder name; encoders that did not answer are absent
 */
public record LoadSample(
    Instant takenAt,
    int gatewaysExpected,
    int gatewaysAnswered,
    double queuedImages,
    double queuedPatches,
    double outstandingPatches,
    double oldestWaitSeconds,
    Map<String, Double> arrivedPatches,
    Map<String, EncoderTotals> encoders) {

  /** Copies the maps. */
  public LoadSample {
    arrivedPatches = Map.copyOf(arrivedPatches);
    encoders = Map.copyOf(encoders);
  }

  /**
   * What one encoder has done since it started.
   *
   * @param busySeconds seconds in which it encoded
   * @param patches patches encoded in them
   */
  public record EncoderTotals(double busySeconds, double patches) {}

  /** Work that waits or is being encoded, in patches. */
  public double backlog() {
    return queuedPatches + outstandingPatches;
  }

  /** Whether any image is in the system at this moment. */
  public boolean hasWork() {
    return queuedImages > 0 || backlog() > 0;
  }

  /** Whether every figure is a finite number that is not negative. */
  public boolean isSound() {
    return sound(queuedImages)
        && sound(queuedPatches)
        && sound(outstandingPatches)
        && sound(oldestWaitSeconds)
        && arrivedPatches.values().stream().allMatch(LoadSample::sound)
        && encoders.values().stream().allMatch(e -> sound(e.busySeconds()) && sound(e.patches()));
  }

  private static boolean sound(double value) {
    return Double.isFinite(value) && value >= 0;
  }
}

package dev.epd.autoscaler;

import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One look at the load of a cluster, merged from all its gateways and encoders. Work is counted in
 * patches, because images differ two-hundredfold in cost, and in images, because each costs
 * something by itself.
 *
 * @param takenAt when the figures were read
 * @param gatewaysExpected gateways that should have answered
 * @param gatewaysAnswered gateways that did
 * @param queuedImages images that wait for an encoder
 * @param queuedPatches their work
 * @param outstandingPatches work bound to encoders and not yet acknowledged
 * @param oldestWaitSeconds age of the oldest waiting image, 0 when none waits
 * @param arrivedPatches running total of arrived work by gateway name; one entry per answer
 * @param arrivedImages running total of its images; none where they are not counted
 * @param encoders running totals by encoder name; encoders that did not answer are absent
 * @param blocked what of the queue waits for another pool though an encoder has room
 * @param holding encoders that hold work, as the gateways see it; null = not known
 * @param encodersSilent encoders that should have answered and did not
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
    Map<String, Double> arrivedImages,
    Map<String, EncoderTotals> encoders,
    Blocked blocked,
    @Nullable Set<String> holding,
    int encodersSilent) {

  /** A sample without images of their own cost, of which nothing waits for another pool. */
  public LoadSample(
      Instant takenAt,
      int gatewaysExpected,
      int gatewaysAnswered,
      double queuedImages,
      double queuedPatches,
      double outstandingPatches,
      double oldestWaitSeconds,
      Map<String, Double> arrivedPatches,
      Map<String, EncoderTotals> encoders) {
    this(
        takenAt,
        gatewaysExpected,
        gatewaysAnswered,
        queuedImages,
        queuedPatches,
        outstandingPatches,
        oldestWaitSeconds,
        arrivedPatches,
        Map.of(),
        encoders,
        Blocked.NOTHING,
        null,
        0);
  }

  /** Copies the maps. */
  public LoadSample {
    arrivedPatches = Map.copyOf(arrivedPatches);
    arrivedImages = Map.copyOf(arrivedImages);
    encoders = Map.copyOf(encoders);
    holding = holding == null ? null : Set.copyOf(holding);
  }

  /**
   * What one encoder has done since it started.
   *
   * @param busySeconds seconds in which it encoded
   * @param patches patches encoded in them
   * @param images images encoded in them
   */
  public record EncoderTotals(double busySeconds, double patches, double images) {
    EncoderTotals since(EncoderTotals before) {
      return new EncoderTotals(
          busySeconds - before.busySeconds, patches - before.patches, images - before.images);
    }
  }

  /**
   * Work of waiting images that more encoders would not move, in patches.
   *
   * @param byPrefill waits for a place at prefill
   * @param byDecode waits for a slot at decode
   */
  public record Blocked(double byPrefill, double byDecode) {
    /** Nothing waits for another pool. */
    public static final Blocked NOTHING = new Blocked(0, 0);

    /** All of it. */
    public double total() {
      return byPrefill + byDecode;
    }
  }

  /** Work that waits or is being encoded, in patches. */
  public double backlog() {
    return queuedPatches + outstandingPatches;
  }

  /** Work that encoders could do: what waits for another pool is left out. */
  public double runnable() {
    return Math.max(0, queuedPatches - blocked.total()) + outstandingPatches;
  }

  /** Whether most of what waits does so for another pool. */
  public boolean isBlocked() {
    return blocked.total() > 0 && 2 * blocked.total() >= queuedPatches;
  }

  /** The same with a queue that is cut to what is given; as much of it is blocked as before. */
  LoadSample withBacklogAtMost(double patches) {
    double most = Math.max(0, patches - outstandingPatches);
    return queuedPatches <= most ? this : withQueue(most);
  }

  /**
   * The same with what an image costs by itself added to the queue.
   *
   * @param overheadPatches as many patches cost the same
   */
  LoadSample atCost(double overheadPatches) {
    return withQueue(queuedPatches + overheadPatches * queuedImages);
  }

  private LoadSample withQueue(double patches) {
    double share = queuedPatches > 0 ? patches / queuedPatches : 1;
    return new LoadSample(
        takenAt,
        gatewaysExpected,
        gatewaysAnswered,
        queuedImages,
        patches,
        outstandingPatches,
        oldestWaitSeconds,
        arrivedPatches,
        arrivedImages,
        encoders,
        new Blocked(blocked.byPrefill() * share, blocked.byDecode() * share),
        holding,
        encodersSilent);
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
        && sound(blocked.byPrefill())
        && sound(blocked.byDecode())
        && allSound(arrivedPatches.values())
        && allSound(arrivedImages.values())
        && encodersSound();
  }

  private static boolean allSound(Collection<Double> totals) {
    for (double total : totals) {
      if (!sound(total)) {
        return false;
      }
    }
    return true;
  }

  private boolean encodersSound() {
    for (EncoderTotals encoder : encoders.values()) {
      if (!sound(encoder)) {
        return false;
      }
    }
    return true;
  }

  private static boolean sound(EncoderTotals encoder) {
    return sound(encoder.busySeconds()) && sound(encoder.patches()) && sound(encoder.images());
  }

  private static boolean sound(double value) {
    return Double.isFinite(value) && value >= 0;
  }
}

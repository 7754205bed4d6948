package dev.epd.autoscaler;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
 * @param queued the same by size of image
 * @param arrived running total of arrived work by gateway name; one entry per answer
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
    Mix queued,
    Map<String, Mix> arrived,
    Map<String, EncoderTotals> encoders,
    Blocked blocked,
    @Nullable Set<String> holding,
    int encodersSilent) {

  /** A sample of images whose sizes are not known, of which nothing waits for another pool. */
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
        Mix.unsized(queuedImages, queuedPatches),
        arrivedPatches.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> Mix.unsized(0, e.getValue()))),
        encoders,
        Blocked.NOTHING,
        null,
        0);
  }

  /** Copies the maps. */
  public LoadSample {
    arrived = Map.copyOf(arrived);
    encoders = Map.copyOf(encoders);
    holding = holding == null ? null : Set.copyOf(holding);
  }

  /**
   * What one encoder has done since it started.
   *
   * @param busySeconds seconds in which it encoded
   * @param done images encoded in them
   */
  public record EncoderTotals(double busySeconds, Mix done) {
    /** Images whose sizes are not known. */
    public EncoderTotals(double busySeconds, double patches, double images) {
      this(busySeconds, Mix.unsized(images, patches));
    }

    /** Whether it says how long something took. */
    boolean tells() {
      return busySeconds > 0 && done.patches() > 0;
    }

    /** The same work in another time. */
    EncoderTotals at(double factor) {
      return factor == 1 ? this : new EncoderTotals(busySeconds * factor, done);
    }

    EncoderTotals since(EncoderTotals before) {
      return new EncoderTotals(busySeconds - before.busySeconds, done.minus(before.done));
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

  /** The same with the queue counted at what its images cost. */
  LoadSample atCost(CostFit fit, double overheadPatches) {
    double patches = queued.patches();
    return patches > 0
        ? withQueue(queuedPatches * fit.work(queued, overheadPatches) / patches)
        : this;
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
        queued,
        arrived,
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
        && queued.isSound()
        && arrivedSound()
        && encodersSound();
  }

  private boolean arrivedSound() {
    for (Mix total : arrived.values()) {
      if (!total.isSound()) {
        return false;
      }
    }
    return true;
  }

  private boolean encodersSound() {
    for (EncoderTotals encoder : encoders.values()) {
      if (!sound(encoder.busySeconds()) || !encoder.done().isSound()) {
        return false;
      }
    }
    return true;
  }

  private static boolean sound(double value) {
    return Double.isFinite(value) && value >= 0;
  }
}

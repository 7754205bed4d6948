package dev.epd.autoscaler;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a scaler knows of a pool that outlives the process: small enough for the pool's status.
 *
 * @param patchesPerSecond work one busy replica does in a second, 0 while unknown
 * @param startup time from a pod's creation to its readiness, null while none was seen
 * @param lastUp when replicas were last added
 * @param lastDown when replicas were last removed
 */
public record Learned(
    double patchesPerSecond,
    @Nullable Duration startup,
    @Nullable Instant lastUp,
    @Nullable Instant lastDown) {

  /** Start-up time that is assumed before the first start was seen. */
  public static final Duration ASSUMED_STARTUP = Duration.ofSeconds(30);

  /** Nothing learned yet. */
  public static final Learned NOTHING = new Learned(0, null, null, null);

  /** Falls back to "unknown" for figures that cannot be true. */
  public Learned {
    if (!Double.isFinite(patchesPerSecond) || patchesPerSecond < 0) {
      patchesPerSecond = 0;
    }
    if (startup != null && startup.isNegative()) {
      startup = null;
    }
  }

  /** Whether the service rate has been seen. */
  public boolean knowsRate() {
    return patchesPerSecond > 0;
  }

  /** The learned start-up time, or the assumed one. */
  public Duration startupOrAssumed() {
    return startup != null ? startup : ASSUMED_STARTUP;
  }

  /** Age from which a replica that is not ready no longer counts as capacity. */
  public Duration stuckAfter() {
    Duration threefold = startupOrAssumed().multipliedBy(3);
    Duration floor = Duration.ofMinutes(1);
    return threefold.compareTo(floor) > 0 ? threefold : floor;
  }

  Learned withRate(double rate) {
    return new Learned(rate, startup, lastUp, lastDown);
  }

  Learned withStartup(Duration time) {
    return new Learned(patchesPerSecond, time, lastUp, lastDown);
  }

  Learned withAction(int from, int to, Instant now) {
    return new Learned(
        patchesPerSecond, startup, to > from ? now : lastUp, to < from ? now : lastDown);
  }
}

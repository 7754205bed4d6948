package dev.epd.autoscaler;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a scaler knows of a pool that outlives the process: small enough for the pool's status.
 *
 * @param patchesPerSecond work one busy replica does in a second, 0 while unknown
 * @param overheadPatches what an image costs by itself: as many patches take as long
 * @param starts how long replicas took to start
 * @param lastUp when replicas were last added
 * @param lastDown when replicas were last removed
 */
public record Learned(
    double patchesPerSecond,
    double overheadPatches,
    StartTimes starts,
    @Nullable Instant lastUp,
    @Nullable Instant lastDown) {

  /** Start-up time that is assumed before the first start was seen. */
  public static final Duration ASSUMED_STARTUP = Duration.ofSeconds(30);

  private static final long LEAST_STUCK = Duration.ofMinutes(1).toNanos();

  /** Nothing learned yet. */
  public static final Learned NOTHING = new Learned(0, 0, StartTimes.NONE, null, null);

  /** Falls back to "unknown" for figures that cannot be true. */
  public Learned {
    if (!Double.isFinite(patchesPerSecond) || patchesPerSecond < 0) {
      patchesPerSecond = 0;
    }
    if (!Double.isFinite(overheadPatches) || overheadPatches < 0) {
      overheadPatches = 0;
    }
  }

  /** Of images that cost nothing by themselves, and starts that all took the same time. */
  public Learned(
      double patchesPerSecond,
      @Nullable Duration startup,
      @Nullable Instant lastUp,
      @Nullable Instant lastDown) {
    this(patchesPerSecond, 0, StartTimes.learned(startup, null), lastUp, lastDown);
  }

  /** Whether the service rate has been seen. */
  public boolean knowsRate() {
    return patchesPerSecond > 0;
  }

  /** The usual start-up time, or the assumed one. */
  public Duration startupOrAssumed() {
    Duration usual = starts.usual();
    return usual != null ? usual : ASSUMED_STARTUP;
  }

  /** The start-up time that one in twenty exceeds, or the assumed one. */
  public Duration slowStartupOrAssumed() {
    Duration slow = starts.slow();
    return slow != null ? slow : ASSUMED_STARTUP;
  }

  /**
   * Age from which a replica that is not ready no longer counts as capacity: three usual starts, or
   * one and a half of the slow ones. A start of more than ten usual ones was no start but a wait,
   * for a node say; it must not have the next such pod counted on for as long.
   *
   * @param limit what a start may take at all; it counts while none was seen
   */
  public Duration stuckAfter(Duration limit) {
    if (starts.usual() == null) {
      return limit;
    }
    long usual = startupOrAssumed().toNanos();
    long slow = slowStartupOrAssumed().toNanos();
    long patient = Math.max(3 * usual, Math.min(slow + slow / 2, 15 * usual));
    return Duration.ofNanos(Math.max(patient, LEAST_STUCK));
  }

  Learned withLaw(double rate, double overhead) {
    return new Learned(rate, overhead, starts, lastUp, lastDown);
  }

  Learned withStart(Duration time) {
    return new Learned(patchesPerSecond, overheadPatches, starts.with(time), lastUp, lastDown);
  }

  /** The same without what a clock has said. */
  Learned undated() {
    return new Learned(patchesPerSecond, overheadPatches, starts, null, null);
  }

  Learned withAction(int from, int to, Instant now) {
    return new Learned(
        patchesPerSecond,
        overheadPatches,
        starts,
        to > from ? now : lastUp,
        to < from ? now : lastDown);
  }
}

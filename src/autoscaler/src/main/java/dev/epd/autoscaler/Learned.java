package dev.epd.autoscaler;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.stream.Stream;
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
   */
  public Duration stuckAfter() {
    Duration threefold = startupOrAssumed().multipliedBy(3);
    Duration slow = slowStartupOrAssumed().multipliedBy(3).dividedBy(2);
    Duration most = startupOrAssumed().multipliedBy(15);
    return Stream.of(threefold, slow.compareTo(most) < 0 ? slow : most, Duration.ofMinutes(1))
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  Learned withLaw(double rate, double overhead) {
    return new Learned(rate, overhead, starts, lastUp, lastDown);
  }

  Learned withStart(Duration time) {
    return new Learned(patchesPerSecond, overheadPatches, starts.with(time), lastUp, lastDown);
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

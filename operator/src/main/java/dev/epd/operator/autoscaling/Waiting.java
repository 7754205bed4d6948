package dev.epd.operator.autoscaling;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The time between two looks at a pool. Used by one thread. */
final class Waiting {
  /** How late a change of what is asked for may be noticed, however long the interval is. */
  private static final Duration LONGEST = Duration.ofSeconds(1);

  private final LoadSource load;
  private boolean wokenInVain;

  Waiting(LoadSource load) {
    this.load = load;
  }

  /**
   * What is left of the interval after a look, so that looks keep their pace; half of it at least,
   * so that slow answers do not become one long look.
   */
  static Duration rest(Duration interval, Duration took) {
    Duration left = interval.minus(took);
    Duration least = interval.dividedBy(2);
    return left.compareTo(least) > 0 ? left : least;
  }

  /**
   * Until the next look is due, images wait for a pool that sleeps, or what is asked for changes.
   * Where waking changed nothing, say under a policy that only recommends, the pool is not woken
   * again before the next regular look.
   *
   * @param asleep whether the pool has no replica
   * @param changed whether something else is asked for than when it was looked at
   */
  void untilNextLook(
      LoadTargets targets, boolean asleep, Duration interval, BooleanSupplier changed)
      throws InterruptedException {
    long end = System.nanoTime() + interval.toNanos();
    boolean woken = false;
    boolean over = false;
    for (long left = interval.toNanos(); !woken && !over; left = end - System.nanoTime()) {
      Duration slice = Duration.ofNanos(Math.clamp(left, 1, LONGEST.toNanos()));
      woken = load.awaitNextLook(targets, asleep && !wokenInVain, slice);
      over = end - System.nanoTime() <= 0 || changed.getAsBoolean();
    }
    wokenInVain = woken;
  }
}

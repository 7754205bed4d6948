package dev.epd.autoscaler;

import java.time.Duration;

/**
 * Running averages of the rate at which work arrives, in patches per second.
 *
 * <p>The fast average follows a burst within seconds. The slow one remembers for about two start-up
 * times, the span over which keeping a replica is cheaper than starting it again. The variance is
 * that of the fast average around the slow one: how far a few seconds stray from the minute, which
 * is what spare capacity has to carry. (The variance of single seconds would count one burst of
 * images three times: here, in the fast average and in the backlog.)
 */
public record WorkAverages(double fast, double slow, double variance) {

  /** No work yet. */
  public static final WorkAverages ZERO = new WorkAverages(0, 0, 0);

  private static final double FAST_SECONDS = 5;
  private static final double SLOW_SECONDS_FLOOR = 15;

  /**
   * Takes one more measurement.
   *
   * @param rate patches per second over the time since the last measurement
   * @param elapsed that time
   * @param startup the pool's start-up time
   */
  public WorkAverages with(double rate, Duration elapsed, Duration startup) {
    double slowSpan = Math.max(SLOW_SECONDS_FLOOR, 2 * seconds(startup));
    double nextFast = step(fast, rate, elapsed, FAST_SECONDS);
    double nextSlow = step(slow, rate, elapsed, slowSpan);
    double gap = nextFast - nextSlow;
    return new WorkAverages(nextFast, nextSlow, step(variance, gap * gap, elapsed, slowSpan));
  }

  /** The rate to provide for: a burst counts at once, its end only slowly. */
  public double rate() {
    return Math.max(fast, slow);
  }

  /** Square root of the variance. */
  public double deviation() {
    return Math.sqrt(variance);
  }

  private static double step(double old, double sample, Duration elapsed, double span) {
    return old + (1 - Math.exp(-seconds(elapsed) / span)) * (sample - old);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}

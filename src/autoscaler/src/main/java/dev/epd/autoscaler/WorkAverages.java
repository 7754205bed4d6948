package dev.epd.autoscaler;

import java.time.Duration;

/**
 * Running averages of the rate at which work arrives, in patches per second.
 *
 * <p>The slow average, over two start-up times, is the level to provide for: a replica that is
 * bought now serves what comes a start-up time later. While less has been seen it is the mean of
 * all that has. The variance is that of the fast average around it, which is what spare capacity
 * has to carry; the variance of single looks tells a new level from an accident.
 *
 * @param fast over five seconds
 * @param slow over two start-up times
 * @param variance how far the fast average strays from the slow one, squared
 * @param lookVariance how far single looks do, squared
 * @param seconds how long the level has been seen
 */
public record WorkAverages(
    double fast, double slow, double variance, double lookVariance, double seconds) {

  /** No work yet. */
  public static final WorkAverages ZERO = new WorkAverages(0, 0, 0, 0, 0);

  private static final double FAST_SECONDS = 5;
  private static final double SLOW_SECONDS_FLOOR = 15;
  private static final double STARTUPS = 2;

  /** Deviations of single looks above which two looks in a row are no accident. */
  private static final double NEW_LEVEL = 3.5;

  /** Looks whose mean tells that there is less, and by how many of its own deviations. */
  private static final int LESS_LOOKS = 16;

  private static final double LESS = 3;

  /**
   * Takes one more measurement.
   *
   * @param rate patches per second over the time since the last measurement
   * @param elapsed that time
   * @param startup the pool's start-up time
   */
  public WorkAverages with(double rate, Duration elapsed, Duration startup) {
    double slowSpan = Math.max(SLOW_SECONDS_FLOOR, STARTUPS * seconds(startup));
    double nextFast = step(fast, rate, elapsed, FAST_SECONDS);
    double seen = seconds + seconds(elapsed);
    double nextSlow = step(slow, rate, elapsed, Math.min(slowSpan, Math.max(FAST_SECONDS, seen)));
    double gap = nextFast - nextSlow;
    double stray = rate - nextSlow;
    return new WorkAverages(
        nextFast,
        nextSlow,
        step(variance, gap * gap, elapsed, slowSpan),
        step(lookVariance, stray * stray, elapsed, slowSpan),
        seen);
  }

  /**
   * Takes two looks far above the usual for a new level at once: an average would take a start-up
   * time or two to believe it. One look alone may be one large request, which is over before a
   * replica that it buys is ready. Less is believed when a row of looks shows it.
   *
   * @param before the averages before the last look, which may itself be out of the ordinary
   */
  WorkAverages orNewLevel(WorkHistory history, WorkAverages before) {
    double less = LESS * Math.sqrt(before.lookVariance / LESS_LOOKS);
    double recent = history.rate(LESS_LOOKS);
    // The row must lie within the level: what was before a jump says nothing of the time after it.
    boolean isWithin =
        history.looks() >= LESS_LOOKS && before.seconds >= 2 * LESS_LOOKS * history.lastSeconds();
    if (isWithin && recent < before.slow - less) {
      return new WorkAverages(fast, recent, variance, lookVariance, seconds);
    }
    double floor = before.slow + NEW_LEVEL * Math.sqrt(before.lookVariance);
    if (before.slow <= 0 || history.rateOf(0) <= floor || history.rateOf(1) <= floor) {
      return this;
    }
    double level = history.rate(2);
    return new WorkAverages(level, level, variance, lookVariance, 2 * history.lastSeconds());
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

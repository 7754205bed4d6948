package dev.epd.autoscaler;

/**
 * What giving back too early has taught.
 *
 * <p>When replicas are needed again that had been given back, and work comes late because of it,
 * the gap in between was too short to be worth a start: from then on what is not needed is kept for
 * a quarter longer than that gap. The lesson fades within an hour or so, and is renewed when what
 * was kept is used. It is learned only while more work comes late than {@link #TOLERATED}.
 *
 * @param late running average of work that came late, patches per second
 * @param arrived the same of all work
 * @param holdSeconds how long to keep what is not needed; 0 = nothing learned
 * @param gapSeconds the gap that the last growth ended
 * @param sinceGrowth seconds since that growth
 * @param sinceJump seconds since the pool last grew by half or more at once
 */
public record Regret(
    double late,
    double arrived,
    double holdSeconds,
    double gapSeconds,
    double sinceGrowth,
    double sinceJump) {
  /** Nothing learned. */
  public static final Regret NONE = new Regret(0, 0, 0, 0, 0, Double.POSITIVE_INFINITY);

  /** Share of the work that may come late before capacity is kept for longer. */
  static final double TOLERATED = 0.01;

  private static final double SPAN = 1800;
  private static final double FADE = 3600;
  private static final double MARGIN = 1.25;

  /** Share of the last half hour's work that came late. */
  public double lateShare() {
    return arrived > 0 ? late / arrived : 0;
  }

  /**
   * Takes one more look.
   *
   * @param rate patches per second that arrived
   * @param isLate whether work waits for longer than it may
   * @param seconds time since the last look
   * @param startup the pool's start-up time in seconds
   */
  Regret with(double rate, boolean isLate, double seconds, double startup) {
    double weight = 1 - Math.exp(-seconds / SPAN);
    double nextLate = late + weight * ((isLate ? rate : 0) - late);
    double nextArrived = arrived + weight * (rate - arrived);
    boolean costly = isLate && sinceGrowth <= startup && nextLate > TOLERATED * nextArrived;
    return new Regret(
        nextLate,
        nextArrived,
        Math.max(costly ? MARGIN * gapSeconds : 0, holdSeconds * Math.exp(-seconds / FADE)),
        gapSeconds,
        sinceGrowth + seconds,
        sinceJump + seconds);
  }

  /** Replicas are bought back after a gap; whether that costs anything is yet to be seen. */
  Regret withGrowth(double gap) {
    return new Regret(late, arrived, holdSeconds, gap, 0, sinceJump);
  }

  /** What was kept for a gap is needed again: it was right to keep it. */
  Regret withUse(double gap) {
    double hold = Math.max(holdSeconds, MARGIN * gap);
    return new Regret(late, arrived, hold, gapSeconds, sinceGrowth, sinceJump);
  }

  /** The pool grows by half or more at once. */
  Regret withJump() {
    return new Regret(late, arrived, holdSeconds, gapSeconds, sinceGrowth, 0);
  }
}

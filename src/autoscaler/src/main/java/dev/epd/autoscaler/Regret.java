package dev.epd.autoscaler;

/**
 * What late work has taught.
 *
 * <p>When replicas are needed again that had been given back, and work comes late because of it,
 * the gap in between was too short to be worth a start: from then on what is not needed is kept for
 * a quarter longer than that gap. The lesson fades within an hour or so, and is renewed when what
 * was kept is used. It is learned only while more work comes late than {@link #TOLERATED}.
 *
 * <p>Loads that have surprised will do so again within the hour: while a share of the last half
 * hour's work was late, more spare capacity is kept. What was late because the pool had to more
 * than double at once does not count, no spare capacity would have been enough.
 *
 * @param late running average of work that came late, patches per second
 * @param missed the part of it that spare capacity could have saved
 * @param arrived the same of all work
 * @param holdSeconds how long to keep what is not needed; 0 = nothing learned
 * @param gapSeconds the gap that the last growth ended
 * @param sinceGrowth seconds since that growth
 * @param sinceJump seconds since the pool last grew by half or more at once
 * @param sinceDoubling seconds since it last more than doubled at once
 */
public record Regret(
    double late,
    double missed,
    double arrived,
    double holdSeconds,
    double gapSeconds,
    double sinceGrowth,
    double sinceJump,
    double sinceDoubling) {
  /** Nothing learned. */
  public static final Regret NONE =
      new Regret(0, 0, 0, 0, 0, 0, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

  /** Share of the work that may come late before capacity is kept for longer. */
  static final double TOLERATED = 0.01;

  /** Share of late work at which spare capacity is doubled. */
  private static final double DOUBLED_AT = 0.004;

  /** In start-up times: for how long after a doubling late work is blamed on it. */
  private static final double EXCUSED = 5;

  private static final double SPAN = 1800;
  private static final double FADE = 3600;
  private static final double MARGIN = 1.25;

  /** How much more spare capacity to keep than usual: from 1 to 2. */
  double caution() {
    return arrived > 0 ? 1 + Math.min(1, missed / arrived / DOUBLED_AT) : 1;
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
    boolean isMissed = isLate && sinceDoubling > EXCUSED * startup;
    double nextArrived = arrived + weight * (rate - arrived);
    boolean costly = isLate && sinceGrowth <= startup && nextLate > TOLERATED * nextArrived;
    return new Regret(
        nextLate,
        missed + weight * ((isMissed ? rate : 0) - missed),
        nextArrived,
        Math.max(costly ? MARGIN * gapSeconds : 0, holdSeconds * Math.exp(-seconds / FADE)),
        gapSeconds,
        sinceGrowth + seconds,
        sinceJump + seconds,
        sinceDoubling + seconds);
  }

  /** Replicas are bought back after a gap; whether that costs anything is yet to be seen. */
  Regret withGrowth(double gap) {
    return with(holdSeconds, gap, 0, sinceJump, sinceDoubling);
  }

  /** What was kept for a gap is needed again: it was right to keep it. */
  Regret withUse(double gap) {
    double hold = Math.max(holdSeconds, MARGIN * gap);
    return with(hold, gapSeconds, sinceGrowth, sinceJump, sinceDoubling);
  }

  /** The pool grows by half or more at once. */
  Regret withJump(boolean doubles) {
    return with(holdSeconds, gapSeconds, sinceGrowth, 0, doubles ? 0 : sinceDoubling);
  }

  private Regret with(double hold, double gap, double growth, double jump, double doubling) {
    return new Regret(late, missed, arrived, hold, gap, growth, jump, doubling);
  }
}

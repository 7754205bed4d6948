package dev.epd.autoscaler;

import java.util.Arrays;

/**
 * The work that arrived in the last minute, look by look: what a rate and the replicas that would
 * have met the target wait are computed from. Immutable.
 */
public final class WorkHistory {
  /** Nothing seen. */
  public static final WorkHistory EMPTY = new WorkHistory(new double[] {0}, new double[] {0});

  private static final int LOOKS = 64;

  /** Seconds, and all work until then; the same length, one entry at least. */
  private final double[] at;

  private final double[] total;

  private WorkHistory(double[] at, double[] total) {
    this.at = at;
    this.total = total;
  }

  /** Takes one more look: patches that arrived over the seconds since the last one. */
  public WorkHistory with(double patches, double seconds) {
    int keep = Math.min(at.length, LOOKS);
    double[] nextAt = Arrays.copyOfRange(at, at.length - keep, at.length + 1);
    double[] nextTotal = Arrays.copyOfRange(total, at.length - keep, at.length + 1);
    nextAt[keep] = nextAt[keep - 1] + seconds;
    nextTotal[keep] = nextTotal[keep - 1] + patches;
    return new WorkHistory(nextAt, nextTotal);
  }

  /** Looks that are remembered. */
  public int looks() {
    return at.length - 1;
  }

  /** Seconds between the last two looks. */
  public double lastSeconds() {
    return at.length < 2 ? 0 : at[at.length - 1] - at[at.length - 2];
  }

  /** Patches per second over the last looks; 0 when there are not as many. */
  public double rate(int looks) {
    int last = at.length - 1;
    int from = last - looks;
    return from < 0 || at[last] <= at[from]
        ? 0
        : (total[last] - total[from]) / (at[last] - at[from]);
  }

  /** Patches per second of the look that lies {@code back} looks before the last; 0 if none. */
  public double rateOf(int back) {
    int to = at.length - 1 - back;
    return to < 1 || at[to] <= at[to - 1] ? 0 : (total[to] - total[to - 1]) / (at[to] - at[to - 1]);
  }

  /**
   * Patches per second that two of the last looks reach; 0 when there are not as many. One look
   * alone may be one large request.
   */
  public double reachedTwice(int looks) {
    double first = 0;
    double second = 0;
    for (int back = 0; back < Math.min(looks, looks()); back++) {
      double rate = rateOf(back);
      second = Math.max(second, Math.min(first, rate));
      first = Math.max(first, rate);
    }
    return second;
  }

  /** Patches that arrived in the last seconds, as far as they are remembered. */
  public double arrivedWithin(double seconds) {
    int last = at.length - 1;
    int from = last;
    while (from > 0 && at[last] - at[from - 1] <= seconds) {
      from--;
    }
    return total[last] - total[from];
  }

  /**
   * The least constant service, in patches per second, with which no work of the last minute would
   * have waited longer than a target: over every stretch of time, what arrived must be done by the
   * stretch's end and the target more.
   */
  public double leastService(double targetSeconds) {
    int last = at.length - 1;
    double least = 0;
    for (int i = 0; i < last; i++) {
      least = Math.max(least, (total[last] - total[i]) / (at[last] - at[i] + targetSeconds));
    }
    return least;
  }
}

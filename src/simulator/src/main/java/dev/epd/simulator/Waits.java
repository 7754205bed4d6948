package dev.epd.simulator;

/** How long work waited, weighted by the seconds of encoding that it is. */
public final class Waits {
  private static final double BIN = 0.01;
  private static final int BINS = 100_000;

  private final double deadline;
  private final double[] work = new double[BINS];
  private double total;
  private double inTime;

  Waits(double deadline) {
    this.deadline = deadline;
  }

  void add(double wait, double seconds) {
    total += seconds;
    if (wait <= deadline) {
      inTime += seconds;
    }
    work[(int) Math.min(BINS - 1, wait / BIN)] += seconds;
  }

  /** Share of the work that began within the deadline; 1 if there was none. */
  public double attainment() {
    return total == 0 ? 1 : inTime / total;
  }

  /** All work, in seconds of one encoder. */
  public double total() {
    return total;
  }

  /** The wait, in seconds to a hundredth, that a share of the work did not exceed. */
  public double quantile(double share) {
    double left = share * total;
    for (int i = 0; i < BINS; i++) {
      left -= work[i];
      if (left <= 0) {
        return (i + 1) * BIN;
      }
    }
    return BINS * BIN;
  }
}

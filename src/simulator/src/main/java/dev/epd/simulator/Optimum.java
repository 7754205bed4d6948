package dev.epd.simulator;

import dev.epd.simulator.trace.Trace;

/**
 * What somebody who knows the future would pay.
 *
 * <p>The work that has to begin by {@code t} and the work that has arrived by {@code t} leave a
 * band; the shortest curve through it (the taut string) is the service rate that is lowest in every
 * convex measure at once, its peak included. Rounded up to whole replicas it is the demand n(t).
 * Level k is then on where n(t) ≥ k, and an idle gap of it costs the lesser of the gap and of a new
 * start. Rounding up and then paying level by level is feasible, so this bounds the true optimum
 * from above, within a fraction of a replica; the work itself bounds it from below. Work may be
 * done from the bin (an eighth of the deadline) in which it arrives to the one in which its
 * deadline ends.
 *
 * @param demand replicas needed, second by second
 * @param seconds replica seconds, starts included
 */
public record Optimum(int[] demand, double seconds) {
  private static final double ROUNDING = 1e-6;

  /** The optimum for a trace; the replicas of the beginning are there for everybody. */
  public static Optimum of(Trace trace, Setup setup) {
    double bin = Math.min(0.5, setup.deadlineSeconds() / 8);
    int perSecond = (int) Math.ceil(1 / bin);
    bin = 1.0 / perSecond;
    int delay = (int) Math.floor(setup.deadlineSeconds() / bin);
    double[] rate = tautString(trace.work(setup.law(), bin), delay);
    int[] demand = new int[(int) Math.ceil(trace.seconds())];
    for (int i = 0; i < rate.length && i / perSecond < demand.length; i++) {
      int n = (int) Math.ceil(rate[i] / bin - ROUNDING);
      demand[i / perSecond] = Math.max(demand[i / perSecond], n);
    }
    return new Optimum(demand, cost(demand, setup));
  }

  /** Most replicas needed at once. */
  public int peak() {
    int peak = 0;
    for (int n : demand) {
      peak = Math.max(peak, n);
    }
    return peak;
  }

  /** Work to be done in each bin so that none waits longer than {@code delay} bins. */
  static double[] tautString(double[] arrivals, int delay) {
    int n = arrivals.length;
    double[] upper = new double[n + 1];
    for (int i = 0; i < n; i++) {
      upper[i + 1] = upper[i] + arrivals[i];
    }
    double[] rate = new double[n];
    int from = 0;
    double level = 0;
    while (from < n) {
      double low = Double.NEGATIVE_INFINITY;
      double high = Double.POSITIVE_INFINITY;
      int lowAt = from;
      int highAt = from;
      int to = n;
      double slope = Double.NaN;
      for (int j = from + 1; j <= n; j++) {
        double floor = j == n ? upper[n] : upper[Math.max(0, j - delay)];
        double down = (floor - level) / (j - from);
        double up = (upper[j] - level) / (j - from);
        if (down > high) {
          to = highAt;
          slope = high;
          break;
        }
        if (up < low) {
          to = lowAt;
          slope = low;
          break;
        }
        if (down >= low) {
          low = down;
          lowAt = j;
        }
        if (up <= high) {
          high = up;
          highAt = j;
        }
      }
      if (Double.isNaN(slope)) {
        slope = (upper[n] - level) / (n - from);
      }
      for (int j = from; j < to; j++) {
        rate[j] = Math.max(0, slope);
      }
      level += slope * (to - from);
      from = to;
    }
    return rate;
  }

  static double cost(int[] demand, Setup setup) {
    double total = (double) setup.min() * demand.length;
    int peak = 0;
    for (int n : demand) {
      peak = Math.max(peak, n);
    }
    double startup = setup.startupSeconds();
    for (int level = setup.min() + 1; level <= peak; level++) {
      double last = level <= setup.initial() ? 0 : Double.NEGATIVE_INFINITY;
      for (int t = 0; t < demand.length; t++) {
        if (demand[t] >= level) {
          total += 1 + Math.min(t - last, startup);
          last = t + 1;
        }
      }
    }
    return total;
  }
}

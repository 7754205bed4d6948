package dev.epd.simulator.trace;

import java.util.Arrays;

/** A distribution over whole numbers; drawn in constant time by Walker's alias method. */
final class Pmf {
  private final int[] values;
  private final double[] mass;
  private final double[] keep;
  private final int[] alias;

  /** Masses need not add up to 1. */
  Pmf(int[] values, double[] weights) {
    if (values.length == 0 || values.length != weights.length) {
      throw new IllegalArgumentException("need as many weights as values, and one at least");
    }
    this.values = values.clone();
    int n = values.length;
    double total = Arrays.stream(weights).sum();
    this.mass = Arrays.stream(weights).map(w -> w / total).toArray();
    this.keep = new double[n];
    this.alias = new int[n];
    double[] scaled = Arrays.stream(mass).map(m -> m * n).toArray();
    int[] small = new int[n];
    int[] large = new int[n];
    int smalls = 0;
    int larges = 0;
    for (int i = 0; i < n; i++) {
      if (scaled[i] < 1) {
        small[smalls++] = i;
      } else {
        large[larges++] = i;
      }
    }
    while (smalls > 0 && larges > 0) {
      int s = small[--smalls];
      int l = large[--larges];
      keep[s] = scaled[s];
      alias[s] = l;
      scaled[l] -= 1 - scaled[s];
      if (scaled[l] < 1) {
        small[smalls++] = l;
      } else {
        large[larges++] = l;
      }
    }
    while (larges > 0) {
      keep[large[--larges]] = 1;
    }
    while (smalls > 0) {
      keep[small[--smalls]] = 1;
    }
  }

  int draw(Draw draw) {
    double u = draw.uniform() * values.length;
    int i = (int) u;
    return values[u - i < keep[i] ? i : alias[i]];
  }

  double mean() {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i] * mass[i];
    }
    return sum;
  }

  int size() {
    return values.length;
  }

  int value(int i) {
    return values[i];
  }

  double mass(int i) {
    return mass[i];
  }
}

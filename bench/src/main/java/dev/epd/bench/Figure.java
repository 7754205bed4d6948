package dev.epd.bench;

import java.util.Arrays;
import java.util.List;

/**
 * One measured quantity.
 *
 * @param section which benchmark
 * @param name what was measured, unique within its section
 * @param unit of the values; "×" for a ratio
 * @param rounds one value per round, in order
 */
record Figure(String section, String name, String unit, List<Double> rounds) {
  Figure {
    rounds = List.copyOf(rounds);
  }

  double median() {
    return percentile(rounds, 50);
  }

  double min() {
    return percentile(rounds, 0);
  }

  double max() {
    return percentile(rounds, 100);
  }

  /**
   * The smallest value that at least {@code percent} of the values do not exceed (nearest rank);
   * the mean of the middle two for the median of an even number.
   */
  static double percentile(List<Double> values, double percent) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int rank = (int) Math.ceil(percent / 100 * sorted.length);
    double at = sorted[Math.max(0, rank - 1)];
    return percent == 50 && sorted.length % 2 == 0
        ? Arrays.stream(sorted, rank - 1, rank + 1).average().orElseThrow()
        : at;
  }
}

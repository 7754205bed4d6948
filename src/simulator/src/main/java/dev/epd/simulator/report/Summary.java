package dev.epd.simulator.report;

import dev.epd.simulator.Comparison;
import dev.epd.simulator.Outcome;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One policy on one trace over several seeds: of every figure the median and the worst.
 *
 * @param attainment higher is better, everything else lower
 */
public record Summary(
    String policy,
    Spread attainment,
    Spread overOptimum,
    Spread overWork,
    Spread p99Wait,
    Spread toCapacity,
    Spread peakOverNeed,
    Spread actionsPerHour,
    Spread reversalsPerHour) {

  /** Median and worst of the seeds. */
  public record Spread(double median, double worst) {}

  /** One row per policy; all comparisons are of one trace. */
  public static List<Summary> of(List<Comparison> runs) {
    Map<String, Boolean> names = new LinkedHashMap<>();
    runs.forEach(c -> c.outcomes().forEach(o -> names.put(o.policy(), true)));
    return names.keySet().stream().map(name -> of(name, runs)).toList();
  }

  private static Summary of(String name, List<Comparison> runs) {
    return new Summary(
        name,
        spread(runs, name, c -> -find(c, name).attainment(), -1),
        spread(runs, name, c -> find(c, name).gpuSeconds() / c.optimum().seconds(), 1),
        spread(runs, name, c -> find(c, name).gpuSeconds() / find(c, name).workSeconds(), 1),
        spread(runs, name, c -> find(c, name).p99Wait(), 1),
        spread(runs, name, c -> find(c, name).toCapacity(), 1),
        spread(
            runs,
            name,
            c -> (double) find(c, name).peak() / (c.need() > 0 ? c.need() : c.optimum().peak()),
            1),
        spread(runs, name, c -> find(c, name).actions() / hours(c), 1),
        spread(runs, name, c -> find(c, name).reversals() / hours(c), 1));
  }

  private static double hours(Comparison c) {
    return c.optimum().demand().length / 3600.0;
  }

  private static Outcome find(Comparison c, String policy) {
    return c.outcomes().stream().filter(o -> o.policy().equals(policy)).findFirst().orElseThrow();
  }

  private static Spread spread(
      List<Comparison> runs, String name, ToDoubleFunction<Comparison> figure, int sign) {
    double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("no run of " + name);
    }
    double median =
        Arrays.stream(sorted, (sorted.length - 1) / 2, sorted.length / 2 + 1).average().orElse(0);
    return new Spread(sign * median, sign * sorted[sorted.length - 1]);
  }
}

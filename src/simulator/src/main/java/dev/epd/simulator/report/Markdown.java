package dev.epd.simulator.report;

import dev.epd.simulator.Comparison;
import dev.epd.simulator.Outcome;
import dev.epd.simulator.report.Summary.Spread;
import java.util.List;
import java.util.Locale;

/** Tables for people. */
public final class Markdown {
  private Markdown() {}

  /** The comparison on one trace; every cell is median / worst of the seeds. */
  public static String table(List<Comparison> runs) {
    Comparison first = runs.getFirst();
    StringBuilder text = new StringBuilder();
    text.append(
        """
        ### %s

        S = %s s, D = %s s, seeds %s; %s to %d replicas; the optimum is %s × the work. Cells: \
        median / worst of the seeds.

        | policy | work in time, %% | GPU-s / optimum | GPU-s / work | p99 wait, s | \
        to capacity, s | peak / need | actions/h | reversals/h |
        |---|---|---|---|---|---|---|---|---|
        """
            .formatted(
                first.trace(),
                number(first.setup().startupSeconds()),
                number(first.setup().deadlineSeconds()),
                runs.stream().map(c -> Long.toString(c.seed())).toList(),
                first.setup().min(),
                first.setup().max(),
                number(first.optimum().seconds() / first.outcomes().getFirst().workSeconds())));
    for (Summary row : Summary.of(runs)) {
      text.append(
          "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n"
              .formatted(
                  row.policy(),
                  percent(row.attainment()),
                  cell(row.overOptimum(), 3),
                  cell(row.overWork(), 2),
                  cell(row.p99Wait(), 2),
                  cell(row.toCapacity(), 0),
                  cell(row.peakOverNeed(), 2),
                  cell(row.actionsPerHour(), 0),
                  cell(row.reversalsPerHour(), 0)));
    }
    return text.append('\n').toString();
  }

  /** Every run as a line of CSV, with a header. */
  public static String csv(List<Comparison> runs) {
    StringBuilder text =
        new StringBuilder(
            "trace,seed,startup_s,deadline_s,max_replicas,policy,attainment,gpu_s,optimum_gpu_s,"
                + "work_s,p99_wait_s,to_capacity_s,peak,need,actions,reversals,"
                + "reversals_after_event\n");
    for (Comparison c : runs) {
      for (Outcome o : c.outcomes()) {
        text.append(
            String.format(
                Locale.ROOT,
                "%s,%d,%s,%s,%d,%s,%.6f,%.0f,%.0f,%.0f,%.2f,%.0f,%d,%d,%d,%d,%d%n",
                c.trace(),
                c.seed(),
                c.setup().startupSeconds(),
                c.setup().deadlineSeconds(),
                c.setup().max(),
                o.policy(),
                o.attainment(),
                o.gpuSeconds(),
                c.optimum().seconds(),
                o.workSeconds(),
                o.p99Wait(),
                o.toCapacity(),
                o.peak(),
                c.need(),
                o.actions(),
                o.reversals(),
                o.reversalsAfterEvent()));
      }
    }
    return text.toString();
  }

  static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.2f", value);
  }

  private static String percent(Spread spread) {
    return String.format(Locale.ROOT, "%.3f / %.3f", 100 * spread.median(), 100 * spread.worst());
  }

  private static String cell(Spread spread, int digits) {
    if (Double.isNaN(spread.median())) {
      return "–";
    }
    if (Double.isInfinite(spread.worst())) {
      return "never";
    }
    String format = "%." + digits + "f / %." + digits + "f";
    return String.format(Locale.ROOT, format, spread.median(), spread.worst());
  }
}

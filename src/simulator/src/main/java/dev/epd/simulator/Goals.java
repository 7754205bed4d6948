package dev.epd.simulator;

import dev.epd.simulator.report.Summary;
import java.util.List;
import java.util.Locale;

/** What the autoscaler promises, judged on the runs. */
final class Goals {
  private Goals() {}

  static String report(List<List<Comparison>> runs, List<Long> seeds, double deadline) {
    StringBuilder text = new StringBuilder("## Against the best peer\n\n");
    text.append("Best peer: highest median attainment, the static peak left aside. ");
    text.append("Dominated: a peer that is better in both attainment and GPU-seconds.\n\n");
    text.append("| trace | ours | best peer | its figures | GPU-s ours / its | dominated by |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (List<Comparison> trace : runs) {
      List<Summary> rows = Summary.of(trace);
      Summary ours = row(rows, Comparison.OURS);
      Summary best = row(rows, Bench.bestPeer(trace));
      List<String> dominating =
          rows.stream()
              .filter(s -> !s.policy().equals("static-peak"))
              .filter(
                  s ->
                      s.attainment().median() > ours.attainment().median()
                          && s.overOptimum().median() < ours.overOptimum().median())
              .map(Summary::policy)
              .toList();
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %s | %s | %.2f | %s |%n",
              trace.getFirst().trace(),
              figures(ours),
              best.policy(),
              figures(best),
              ours.overOptimum().median() / best.overOptimum().median(),
              dominating.isEmpty() ? "none" : String.join(", ", dominating)));
    }
    return text.append('\n').toString();
  }

  private static String figures(Summary row) {
    return String.format(
        Locale.ROOT,
        "%.3f %% at %.3f",
        100 * row.attainment().median(),
        row.overOptimum().median());
  }

  private static Summary row(List<Summary> rows, String policy) {
    return rows.stream().filter(s -> s.policy().equals(policy)).findFirst().orElseThrow();
  }
}

package dev.epd.simulator;

import dev.epd.simulator.Trials.Faults;
import dev.epd.simulator.Trials.Figures;
import dev.epd.simulator.Trials.Zero;
import dev.epd.simulator.report.Summary;
import dev.epd.simulator.trace.AzureShaped;
import dev.epd.simulator.trace.ServeGen;
import dev.epd.simulator.trace.ServeGenData;
import dev.epd.simulator.trace.Shape;
import dev.epd.simulator.trace.Source;
import dev.epd.simulator.trace.Trace;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;

/** What the autoscaler is meant to reach, judged on the runs. */
final class Goals {
  private static final String STATIC = "static-peak";

  private final StringBuilder text = new StringBuilder();

  private Goals() {}

  static String report(List<List<Comparison>> runs, List<Long> seeds) {
    Goals goals = new Goals();
    goals.text.append("## Goals\n\n| goal | figure (worst of the seeds) | met |\n|---|---|---|\n");
    goals.ofTrace(runs, "servegen", 0.999, 1.20);
    goals.ofTrace(runs, "azure", 0.985, 1.60);
    goals.againstPeers(runs);
    goals.steps(seeds);
    goals.trials(seeds);
    goals.peers(runs);
    return goals.text.toString();
  }

  private void row(String goal, boolean met, String figure, Object... values) {
    text.append(
        "| %s | %s | %s |\n"
            .formatted(goal, String.format(Locale.ROOT, figure, values), met ? "yes" : "no"));
  }

  private void ofTrace(List<List<Comparison>> runs, String name, double share, double cost) {
    Optional<List<Comparison>> trace =
        runs.stream().filter(r -> r.getFirst().trace().equals(name)).findFirst();
    if (trace.isEmpty()) {
      return;
    }
    Summary ours = find(Summary.of(trace.get()), Comparison.OURS);
    row(
        String.format(
            Locale.ROOT, "%s: %.1f %% in time at ≤ %.2f × optimum", name, 100 * share, cost),
        ours.attainment().worst() >= share && ours.overOptimum().worst() <= cost,
        "%.3f %% at %.3f",
        100 * ours.attainment().worst(),
        ours.overOptimum().worst());
  }

  /** With room for a thousand replicas, so that no quota holds an overshoot back. */
  private void steps(List<Long> seeds) {
    double slowest = 0;
    double highest = 0;
    int reversals = 0;
    double shift = 0;
    for (long seed : seeds) {
      Outcome step = open(Shape.step(), seed);
      slowest = Math.max(slowest, step.toCapacity());
      highest = Math.max(highest, step.peak() / (double) need(Shape.step(), seed));
      reversals = Math.max(reversals, step.reversalsAfterEvent());
      shift = Math.max(shift, open(Shape.sizeShift(), seed).toCapacity());
    }
    row("step ×4: capacity in ≤ S + 2 s", slowest <= 32, "%.0f s", slowest);
    row("step ×4: peak ≤ 1.3 × need, no quota", highest <= 1.3, "%.2f", highest);
    row("step ×4: no reversal in five minutes", reversals == 0, "%d", reversals);
    row("size shift: as fast as a step", shift <= slowest, "%.0f s against %.0f", shift, slowest);
  }

  private static Outcome open(Source source, long seed) {
    Trace trace = source.trace(seed);
    Setup setup = Comparison.setup(trace, ServiceLaw.DEFAULT, 30, 2);
    Setup open = new Setup(setup.law(), 30, 2, 1, 1000, setup.initial());
    return Simulator.run(trace, open, Comparison.ours(2));
  }

  private static int need(Source source, long seed) {
    return source.trace(seed).needAfterEvent(ServiceLaw.DEFAULT);
  }

  private void trials(List<Long> seeds) {
    for (int spares = 0; spares <= 1; spares++) {
      double share = 1;
      double cost = 0;
      for (long seed : seeds) {
        Figures warm = Trials.spares(AzureShaped.standard(), seed, 2, spares);
        share = Math.min(share, warm.attainment());
        cost = Math.max(cost, warm.overOptimum());
      }
      row(
          "azure at S = 2 s, " + spares + " warm spares: 99.5 % at ≤ 1.50 × optimum",
          share >= 0.995 && cost <= 1.5,
          "%.3f %% at %.3f",
          100 * share,
          cost);
    }
    Zero zero = Trials.zero(30);
    row(
        "from zero: first image in ≤ S + 0.25 s",
        zero.firstWait() <= 30.25,
        "%.2f s",
        zero.firstWait());
    row("to zero: idle cost ≤ 1.5 S", zero.idleSeconds() <= 45, "%.1f s", zero.idleSeconds());
    faults(seeds);
    errors(seeds);
    double millis = Trials.millisPerTick(1000, 600);
    row("1,000 pools of 10 pods in ≤ 10 ms, one core", millis <= 10, "%.2f ms", millis);
  }

  private void faults(List<Long> seeds) {
    Faults all = new Faults(0, 0, 0, 0);
    for (long seed : seeds) {
      all = all.and(Trials.faults(500, seed));
    }
    row(
        "500 loads a seed with faulty metrics: within the limits, no removal on a fault, ≤ 2 turns"
            + " per scale-down time",
        all.outside() == 0 && all.downOnFault() == 0 && all.mostTurns() <= 2,
        "%d outside, %d removals on a fault (%d on good samples), %d turns",
        all.outside(),
        all.downOnFault(),
        all.downs(),
        all.mostTurns());
  }

  private void errors(List<Long> seeds) {
    List<Source> sources =
        List.of(new ServeGen(ServeGenData.bundled(), 20, 10_800), new AzureShaped(12, 2, 64_800));
    for (Source source : sources) {
      Map<Long, Figures> right = new TreeMap<>();
      seeds.forEach(seed -> right.put(seed, Trials.misinformed(source, seed, 1, 1)));
      for (double[] error : new double[][] {{0.7, 1}, {1.3, 1}, {1, 0.7}, {1, 1.3}}) {
        compare(
            "%s: begins with v × %s, S × %s".formatted(source.name(), error[0], error[1]),
            right,
            seed -> Trials.misinformed(source, seed, error[0], error[1]));
        compare(
            "%s: is always told v × %s, S × %s".formatted(source.name(), error[0], error[1]),
            right,
            seed -> Trials.misled(source, seed, error[0], error[1]));
      }
    }
  }

  private void compare(String what, Map<Long, Figures> right, LongFunction<Figures> run) {
    double cost = Double.NEGATIVE_INFINITY;
    double points = Double.NEGATIVE_INFINITY;
    for (var entry : right.entrySet()) {
      Figures wrong = run.apply(entry.getKey());
      cost = Math.max(cost, wrong.overOptimum() / entry.getValue().overOptimum() - 1);
      points = Math.max(points, 100 * (entry.getValue().attainment() - wrong.attainment()));
    }
    row(
        what + ": ≤ 15 % more GPU-s, ≤ 0.5 points",
        cost <= 0.15 && points <= 0.5,
        "%+.1f %% GPU-s, %+.2f points",
        100 * cost,
        -points);
  }

  /** By medians, as the table below has them. */
  private void againstPeers(List<List<Comparison>> runs) {
    int cheaper = 0;
    int beaten = 0;
    int dominated = 0;
    for (List<Comparison> trace : runs) {
      List<Summary> rows = Summary.of(trace);
      Summary ours = find(rows, Comparison.OURS);
      Summary best = find(rows, bestPeer(trace));
      double ratio = ours.overOptimum().median() / best.overOptimum().median();
      dominated += dominating(rows, ours).isEmpty() ? 0 : 1;
      cheaper += ratio <= 0.85 ? 1 : 0;
      beaten += ratio <= 1 && ours.attainment().median() >= best.attainment().median() ? 1 : 0;
    }
    int all = runs.size();
    row("no peer better in both, any trace", dominated == 0, "%d of %d", all - dominated, all);
    row("attainment of the best peer or more, for no more", beaten == all, "%d of %d", beaten, all);
    row("≤ 0.85 × its GPU-s on half of them", 2 * cheaper >= all, "%d of %d", cheaper, all);
  }

  private static List<String> dominating(List<Summary> rows, Summary ours) {
    return rows.stream()
        .filter(s -> !s.policy().equals(STATIC))
        .filter(
            s ->
                s.attainment().median() > ours.attainment().median()
                    && s.overOptimum().median() < ours.overOptimum().median())
        .map(Summary::policy)
        .toList();
  }

  private void peers(List<List<Comparison>> runs) {
    text.append("\n## Against the best peer\n\n");
    text.append(
        "Medians. Best peer: highest attainment, the static peak left aside. Dominated by: ");
    text.append("peers that are better in both attainment and GPU-seconds.\n\n");
    text.append("| trace | ours | best peer | its figures | GPU-s ours / its | dominated by |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (List<Comparison> trace : runs) {
      List<Summary> rows = Summary.of(trace);
      Summary ours = find(rows, Comparison.OURS);
      Summary best = find(rows, bestPeer(trace));
      List<String> dominating = dominating(rows, ours);
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
    text.append('\n');
  }

  /** The peer with the highest median attainment, the cheaper one of equals. */
  static String bestPeer(List<Comparison> runs) {
    return Summary.of(runs).stream()
        .filter(s -> !s.policy().equals(Comparison.OURS) && !s.policy().equals(STATIC))
        .max(
            java.util.Comparator.comparingDouble((Summary s) -> s.attainment().median())
                .thenComparing(s -> -s.overOptimum().median()))
        .orElseThrow()
        .policy();
  }

  private static String figures(Summary row) {
    return String.format(
        Locale.ROOT,
        "%.3f %% at %.3f",
        100 * row.attainment().median(),
        row.overOptimum().median());
  }

  private static Summary find(List<Summary> rows, String policy) {
    return rows.stream().filter(s -> s.policy().equals(policy)).findFirst().orElseThrow();
  }
}

package dev.epd.simulator.plan;

import dev.epd.simulator.plan.Sizing.Scaled;
import dev.epd.simulator.plan.Study.Need;
import java.io.IOException;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A study in words and a table. */
final class Report {
  private Report() {}

  static String of(Study study, int times, double startup) throws IOException {
    StringBuilder text = new StringBuilder();
    say(text, "# Plan for %s", study.workload().name());
    say(text, "");
    say(
        text,
        "%.0f %% of each stage's work waits at most %s s for a pod. Speed of pods: %s.",
        100 * study.objective().share(),
        study.objective().waitSeconds(),
        study.profile().source());
    Map<Stage, Need> now = study.needs(1);
    table(text, "As it is", now, study);
    findings(text, now);
    Need encoders = now.get(Stage.ENCODER);
    if (encoders != null && encoders.typical().pods() > 0) {
      Scaled scaled =
          Scaled.of(
              study.workload().trace(Stage.ENCODER, study.seeds()[0], 1),
              study.profile(),
              study.objective(),
              startup,
              encoders.most());
      say(
          text,
          "With autoscaling (start-up time %s s) there would be %.1f encoders in the mean, with"
              + " %.1f %% of the work in time.",
          startup,
          scaled.mean(),
          100 * scaled.attainment());
    }
    if (times > 1) {
      Map<Stage, Need> more = study.needs(times);
      table(text, times + " times the images", more, study);
      findings(text, more);
    }
    say(text, "");
    say(text, "%s", ranges(study));
    return text.toString();
  }

  private static void table(StringBuilder text, String title, Map<Stage, Need> needs, Study study) {
    say(text, "");
    say(text, "## %s", title);
    say(text, "");
    say(
        text,
        "| role | pods | over %d seed%s | speed ±%.0f %% | busy | 99 %% wait at most | work per request |",
        study.seeds().length,
        study.seeds().length == 1 ? "" : "s",
        100 * Study.ERROR);
    say(text, "|---|---:|---:|---:|---:|---:|---:|");
    needs.forEach(
        (stage, need) ->
            say(
                text,
                "| %s | **%d** | %d – %d | %d – %d | %.0f %% | %.2f s | %.3f s |",
                stage.label(),
                need.typical().pods(),
                need.fewest(),
                need.typical().pods(),
                need.least(),
                need.most(),
                100 * need.typical().utilization(),
                need.typical().p99Wait(),
                need.typical().service()));
    say(text, "");
  }

  private static void findings(StringBuilder text, Map<Stage, Need> needs) {
    bottleneck(text, needs);
    say(text, "%s", sure(needs));
  }

  private static void bottleneck(StringBuilder text, Map<Stage, Need> needs) {
    needs.entrySet().stream()
        .min(
            Comparator.<Map.Entry<Stage, Need>>comparingDouble(e -> e.getValue().headroom())
                .thenComparing(e -> -e.getValue().typical().utilization()))
        .ifPresent(
            e ->
                say(
                    text,
                    "Bottleneck: %s; with these pods it is the first to need another one when the"
                        + " work grows%s.",
                    e.getKey().label(),
                    e.getValue().headroom() < 4
                        ? String.format(
                            Locale.ROOT,
                            " by more than %.0f %%",
                            100 * (e.getValue().headroom() - 1))
                        : ""));
  }

  private static String sure(Map<Stage, Need> needs) {
    String unsure =
        needs.entrySet().stream()
            .filter(e -> !e.getValue().isSure())
            .map(e -> e.getKey().label())
            .collect(Collectors.joining(", "));
    return unsure.isEmpty()
        ? "The ranges are narrow: these numbers are sure."
        : "Unsure for %s, the ranges are wide: measure the pods' speed (make bench) before you buy."
            .formatted(unsure);
  }

  private static String ranges(Study study) {
    String seeds =
        study.workload().isDrawn()
            ? "The ranges are over %d drawn workloads".formatted(study.seeds().length)
            : "A trace has one course only, so the ranges know nothing of other days; they are";
    return seeds + " and over pods that are 30 % faster or slower than said.";
  }

  private static void say(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}

package dev.epd.helm;

import static dev.epd.helm.Repository.CHART;
import static dev.epd.helm.Repository.text;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The metrics that alerts and dashboard speak of. */
final class MetricNames {
  private static final Pattern NAME =
      Pattern.compile("\\b(?:epd|reconciliations)_[a-z0-9_]+(?=\\{|\\[|\\)| )");
  private static final Set<String> LABELS = Set.of("epd_dev_cluster", "epd_dev_role");

  private MetricNames() {}

  /** All of them. */
  static Set<String> used() {
    return Stream.of("files/alerts.yaml", "files/dashboard.json")
        .flatMap(file -> NAME.matcher(text(CHART.resolve(file))).results())
        .map(match -> match.group())
        .filter(name -> !LABELS.contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Those of the operator that are there once it has reconciled something without a failure. */
  static Set<String> ofOperator() {
    return used().stream()
        .filter(name -> name.startsWith("reconciliations_") || name.startsWith("epd_operator_"))
        .filter(name -> !name.contains("fail"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The names of the series on a page of Prometheus text. */
  static Set<String> onPage(String page) {
    return page.lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.split("[{ ]", 2)[0])
        .collect(Collectors.toCollection(TreeSet::new));
  }
}

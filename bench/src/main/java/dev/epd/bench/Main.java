package dev.epd.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures everything, or the parts that are named, and writes the results. Run from the root of a
 * built repository.
 */
public final class Main {
  /** Of pictures, bytes and draws. */
  static final long SEED = 20261125;

  private static final List<String> WHOLE =
      List.of("transfer", "start", "roles", "requests", "system");

  /** Long, and of the control plane alone: not part of a whole run. */
  private static final List<String> FURTHER = List.of("operator", "control", "trouble", "many");

  /** Longer than any sound run: a run that hangs ends too. */
  private static final Duration LIMIT = Duration.ofMinutes(25);

  private Main() {}

  /**
   * @param args names out of {@link #WHOLE} and {@link #FURTHER}; none for the former. Only a whole
   *     run writes bench/results.
   */
  public static void main(String[] args) throws Exception {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "dev/epd/onebox/logback.xml");
    }
    List<String> parts = List.of(args);
    if (!parts.stream().allMatch(part -> WHOLE.contains(part) || FURTHER.contains(part))) {
      System.err.println(
          "bench: unknown part in " + parts + "; there are " + WHOLE + " and " + FURTHER);
      System.exit(2);
    }
    Thread.ofPlatform().daemon().name("limit").start(Main::endAfterLimit);
    int code = 1;
    try {
      measure(Path.of("").toAbsolutePath(), parts);
      code = 0;
    } catch (Exception e) {
      e.printStackTrace();
    }
    System.exit(code);
  }

  private static void measure(Path home, List<String> parts) throws Exception {
    long start = System.nanoTime();
    Map<String, String> environment = Environment.describe(home);
    Report report = new Report(environment);
    try (Workspace workspace = new Workspace(home)) {
      if (isWanted("transfer", parts)) {
        say(start, report, TransferBench.run());
      }
      if (isWanted("start", parts)) {
        say(start, report, StartBench.run(workspace));
      }
      if (isWanted("roles", parts) || isWanted("requests", parts)) {
        pools(start, report, workspace, parts);
      }
    }
    if (isWanted("system", parts)) {
      say(start, report, SystemBench.run(home));
    }
    if (isWanted("operator", parts)) {
      say(start, report, OperatorStartBench.run(home));
    }
    if (isWanted("control", parts)) {
      say(start, report, ControlBench.run(home));
    }
    if (isWanted("trouble", parts)) {
      say(start, report, TroubleBench.run(home));
    }
    if (isWanted("many", parts)) {
      say(start, report, ManyClustersBench.run(home));
    }
    report.fact("load after", Environment.load());
    report.fact("seed", Long.toString(SEED));
    report.fact("took", seconds(start));
    if (parts.isEmpty()) {
      report.write(home.resolve("bench/results"));
      System.out.println("bench: written to bench/results/results.md and results.json");
    }
  }

  private static void pools(long start, Report report, Workspace workspace, List<String> parts)
      throws Exception {
    try (Pods one = Pods.start(workspace, 1);
        Pods several = Pods.start(workspace, 0)) {
      List<Pods> sets = List.of(one, several);
      if (isWanted("roles", parts)) {
        say(start, report, RolesBench.run(workspace, sets));
      }
      if (isWanted("requests", parts)) {
        say(start, report, GatewayBench.run(several));
      }
    }
  }

  private static boolean isWanted(String part, List<String> parts) {
    return parts.contains(part) || (parts.isEmpty() && WHOLE.contains(part));
  }

  private static void say(long start, Report report, Report.Section section) {
    report.add(section);
    System.out.printf("%n%s (%s since the start)%n", section.title(), seconds(start));
    List<Figure> figures = new ArrayList<>(section.figures());
    for (Figure figure : figures) {
      System.out.printf(
          Locale.ROOT,
          "  %-62s %10.3f %-10s %.3f – %.3f%n",
          figure.name(),
          figure.median(),
          figure.unit(),
          figure.min(),
          figure.max());
    }
  }

  private static String seconds(long start) {
    return (System.nanoTime() - start) / 1_000_000_000L + " s";
  }

  private static void endAfterLimit() {
    try {
      Thread.sleep(LIMIT);
      System.err.println("bench: not done after " + LIMIT + ", giving up");
      System.exit(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

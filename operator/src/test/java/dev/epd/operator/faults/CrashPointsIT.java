package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.FakeNode;
import dev.epd.operator.faults.Points.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever befalls the operator at any of its writes, the world ends as if nothing had: the same
 * objects, none twice, none left over, no pod of an untouched role lost, and then quiet.
 *
 * <p>{@code -Dfaults=all} takes every write of every story, before and after, {@code -Dfaults=N}
 * takes N points; otherwise a small sample is taken. The order is that of the seed. {@code
 * -Dfaults.lanes} says how many run at once, {@code -Dfaults.only} which points may be taken. Every
 * outcome is written to {@code target/crash-points.csv} as it comes.
 */
class CrashPointsIT {
  private static final int SAMPLE = 16;
  private static final Duration QUIET = Duration.ofSeconds(5);
  private static final Duration LONG_QUIET = Duration.ofSeconds(60);
  private static final Path RESULTS = Path.of("target/crash-points.csv");

  @TempDir static Path folder;

  private static ControlPlane kube;
  private static FakeNode node;
  private static final List<Lane> lanes = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException {
    kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
    kube.kubectl("apply", "-f", root("crds")).orThrow();
    kube.kubectl("apply", "-f", root("config/operator")).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
    node = new FakeNode(kube.client(), "127.83.0.2");
    for (int lane = 0; lane < Integer.getInteger("faults.lanes", 3); lane++) {
      lanes.add(new Lane(kube, folder, lane, kube.kubeconfigFor("epd-system", "epd-operator")));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    for (Lane lane : lanes) {
      lane.close();
    }
    node.close();
    kube.close();
  }

  @Test
  void theWorldEndsAsIfNothingHadHappened() throws Exception {
    Map<Story, Reference> references = references();
    List<Point> all = Points.wanted(Points.all(references));
    String asked = System.getProperty("faults", "");
    int count =
        asked.equals("all")
            ? all.size()
            : Math.min(all.size(), asked.isEmpty() ? SAMPLE : Integer.parseInt(asked));
    System.out.printf("-Dfaults.seed=%d, %d of %d points%n", Points.seed(), count, all.size());
    List<Point> points = Points.shuffled(all, Points.seed()).subList(0, count);
    Files.writeString(RESULTS, Outcome.header() + "\n");
    List<Outcome> outcomes = disturb(points, references, asked.equals("all"));
    System.out.print(table(outcomes));
    assertThat(outcomes).hasSameSizeAs(points);
    assertThat(outcomes.stream().filter(o -> !o.passed())).isEmpty();
  }

  private static Map<Story, Reference> references() throws Exception {
    Map<Story, Reference> references = new EnumMap<>(Story.class);
    Queue<Story> stories = new ConcurrentLinkedQueue<>(List.of(Story.values()));
    Together.inEvery(
        lanes,
        lane -> {
          for (Story story = stories.poll(); story != null; story = stories.poll()) {
            Reference reference = lane.undisturbed(story);
            synchronized (references) {
              references.put(story, reference);
            }
          }
        });
    references.forEach(
        (story, reference) -> System.out.printf("%s: %d writes%n", story, reference.writes()));
    return references;
  }

  /** Long after the first point of each story nothing may have been written either, if asked. */
  private static List<Outcome> disturb(
      List<Point> points, Map<Story, Reference> references, boolean longQuiet) throws Exception {
    List<Outcome> outcomes = new ArrayList<>();
    Queue<Point> left = new ConcurrentLinkedQueue<>(points);
    Map<Story, Point> first = new EnumMap<>(Story.class);
    points.forEach(point -> first.putIfAbsent(point.story(), point));
    Together.inEvery(
        lanes,
        lane -> {
          for (Point point = left.poll(); point != null; point = left.poll()) {
            boolean isLong = longQuiet && point.equals(first.get(point.story()));
            Reference reference = Objects.requireNonNull(references.get(point.story()));
            Outcome outcome = lane.disturb(point, reference, isLong ? LONG_QUIET : QUIET);
            synchronized (outcomes) {
              outcomes.add(outcome);
              note(outcome);
            }
          }
        });
    return outcomes;
  }

  private static void note(Outcome outcome) throws IOException {
    Files.writeString(RESULTS, outcome.row() + "\n", java.nio.file.StandardOpenOption.APPEND);
    if (!outcome.passed()) {
      System.out.printf("FAILED %s%n%s%n", outcome.row(), outcome.complaint());
    }
  }

  private static String table(List<Outcome> outcomes) {
    Map<String, List<Outcome>> rows =
        outcomes.stream()
            .collect(
                Collectors.groupingBy(
                    o -> "| %s | %s |".formatted(o.point().story(), o.point().fault().label()),
                    TreeMap::new,
                    Collectors.toList()));
    StringBuilder table =
        new StringBuilder("| story | fault | points | reached | passed | longest, s |\n");
    rows.forEach(
        (row, same) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    "%s %d | %d | %d | %.1f |%n",
                    row,
                    same.size(),
                    same.stream().filter(Outcome::reached).count(),
                    same.stream().filter(Outcome::passed).count(),
                    same.stream().mapToDouble(Outcome::seconds).max().orElse(0))));
    return table.toString();
  }

  private static String root(String path) {
    return Path.of("..", path).toAbsolutePath().normalize().toString();
  }
}

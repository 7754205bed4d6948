package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.FakeNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever befalls the operator's world while a story is told, the world ends as if nothing had.
 * {@link CrashPointsIT} lets things happen at single writes, this lets them last, and lets them
 * happen to others.
 *
 * <p>{@code -Dcatalogue=all} plays everything, {@code -Dcatalogue=N} so many; otherwise a small
 * sample of what is short is played. The order is that of {@code -Dcatalogue.seed}, which is the
 * commit unless given; {@code -Dcatalogue.only=REGEX} chooses, such as F06.*SCALE.*; {@code
 * -Dcatalogue.from=N} goes on after the first N; {@code -Dcatalogue.lanes} says how many run at
 * once. Every outcome is written to {@code target/fault-catalogue.csv} as it comes.
 */
class FaultCatalogueIT {
  private static final int SAMPLE = 6;
  private static final Path RESULTS = Path.of("target/fault-catalogue.csv");

  @TempDir static Path folder;

  private static ControlPlane kube;
  private static FakeNode node;
  private static final List<Actors> lanes = new ArrayList<>();

  /** Plays that need the control plane for themselves hold it for writing. */
  private static final ReadWriteLock plane = new ReentrantReadWriteLock(true);

  private record Actors(Lane lane, Account account) {}

  @BeforeAll
  static void start() throws IOException {
    kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
    kube.kubectl("apply", "-f", root("crds")).orThrow();
    kube.kubectl("apply", "-f", root("config/operator")).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
    node = new FakeNode(kube.client(), "127.83.0.3");
    for (int lane = 0; lane < Integer.getInteger("catalogue.lanes", 3); lane++) {
      Account account = new Account(kube, "operator-of-lane-" + lane);
      lanes.add(new Actors(new Lane(kube, folder, lane, account.kubeconfig()), account));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    for (Actors actors : lanes) {
      actors.lane().close();
    }
    node.close();
    kube.close();
  }

  @Test
  void noTitleBreaksARowOfTheResults() {
    assertThat(Catalogue.all()).extracting(Play::toString).noneMatch(title -> title.contains(","));
  }

  @Test
  void theWorldEndsAsIfNothingHadHappened() throws Exception {
    List<Play> plays = chosen();
    Files.writeString(RESULTS, Play.Result.header() + "\n");
    Map<Story, Reference> references = references(plays);
    Queue<Play> left = new ConcurrentLinkedQueue<>(plays);
    List<Play.Result> results = new ArrayList<>();
    Together.inEvery(
        lanes,
        actors -> {
          for (Play play = left.poll(); play != null; play = left.poll()) {
            Play.Result result = played(play, actors, references);
            synchronized (results) {
              results.add(result);
              note(result);
            }
          }
        });
    System.out.print(table(results));
    assertThat(results).hasSameSizeAs(plays);
    assertThat(results.stream().filter(r -> !r.passed()).map(Play.Result::row)).isEmpty();
  }

  private static List<Play> chosen() {
    String only = System.getProperty("catalogue.only", ".*");
    String asked = System.getProperty("catalogue", "");
    long seed = Long.getLong("catalogue.seed", Points.seed());
    List<Play> all =
        Catalogue.all().stream()
            .filter(play -> play.toString().matches(only))
            .filter(play -> !asked.isEmpty() || !play.perturbation().isLong())
            .toList();
    int count =
        asked.equals("all")
            ? all.size()
            : Math.min(all.size(), asked.isEmpty() ? SAMPLE : Integer.parseInt(asked));
    int from = Integer.getInteger("catalogue.from", 0);
    System.out.printf("-Dcatalogue.seed=%d, %d to %d of %d plays%n", seed, from, count, all.size());
    return Catalogue.inTurn(all, seed, from, count);
  }

  private static Play.Result played(Play play, Actors actors, Map<Story, Reference> references)
      throws InterruptedException {
    Lock lock = play.perturbation().isAlone() ? plane.writeLock() : plane.readLock();
    lock.lock();
    try {
      Reference reference = Objects.requireNonNull(references.get(play.story()));
      return play.in(actors.lane(), kube, actors.account(), reference);
    } finally {
      lock.unlock();
    }
  }

  private static Map<Story, Reference> references(List<Play> plays) throws Exception {
    Map<Story, Reference> references = new EnumMap<>(Story.class);
    Queue<Story> stories =
        new ConcurrentLinkedQueue<>(plays.stream().map(Play::story).distinct().toList());
    Together.inEvery(
        lanes,
        actors -> {
          for (Story story = stories.poll(); story != null; story = stories.poll()) {
            Reference reference = actors.lane().undisturbed(story);
            synchronized (references) {
              references.put(story, reference);
            }
          }
        });
    return references;
  }

  private static void note(Play.Result result) throws IOException {
    Files.writeString(RESULTS, result.row() + "\n", StandardOpenOption.APPEND);
    if (!result.passed()) {
      System.out.printf("FAILED %s%n%s%n", result.row(), result.complaint());
    }
  }

  private static String table(List<Play.Result> results) {
    Map<String, List<Play.Result>> rows =
        results.stream()
            .collect(
                Collectors.groupingBy(
                    r -> r.play().perturbation().number(), TreeMap::new, Collectors.toList()));
    StringBuilder table = new StringBuilder("| fault | plays | passed | longest way back, s |\n");
    rows.forEach(
        (number, same) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    "| %s | %d | %d | %.1f |%n",
                    number,
                    same.size(),
                    same.stream().filter(Play.Result::passed).count(),
                    same.stream().mapToDouble(Play.Result::seconds).max().orElse(0))));
    return table.toString();
  }

  private static String root(String path) {
    return Path.of("..", path).toAbsolutePath().normalize().toString();
  }
}

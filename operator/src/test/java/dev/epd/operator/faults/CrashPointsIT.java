package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.FakeNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever befalls the operator at any of its writes, the world ends as if nothing had: the same
 * objects, none twice, none left over, no pod of an untouched role lost, and then quiet.
 *
 * <p>{@code -Dfaults=all} takes every write of every story, before and after; otherwise a sample is
 * taken, by the seed {@code -Dfaults.seed}, which defaults to the commit.
 */
class CrashPointsIT {
  private static final int SAMPLE = 12;
  private static final int BATCH = 12;
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Duration QUIET = Duration.ofSeconds(5);

  @TempDir static Path folder;

  private static ControlPlane kube;
  private static KubernetesClient admin;
  private static FakeNode node;
  private static ApiProxy proxy;
  private static OperatorProcess operator;
  private static int stages;

  record Point(Story story, int write, Fault fault) {}

  /** How an undisturbed run ends, and how many writes it takes. */
  record Reference(Snapshot end, int writes) {}

  @BeforeAll
  static void start() throws IOException {
    kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
    admin = kube.client();
    kube.kubectl("apply", "-f", root("crds")).orThrow();
    kube.kubectl("apply", "-f", root("config/operator")).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
    node = new FakeNode(admin, "127.83.0.2");
    proxy = new ApiProxy(kube.port(), kube.caCertificate(), () -> operator.kill());
    operator =
        OperatorProcess.of(folder, kube.kubeconfigFor("epd-system", "epd-operator"), proxy.port());
    operator.start();
  }

  @AfterAll
  static void stop() throws Exception {
    operator.close();
    proxy.close();
    node.close();
    kube.close();
  }

  @Test
  void theWorldEndsAsIfNothingHadHappened() throws Exception {
    Map<Story, Reference> references = new EnumMap<>(Story.class);
    for (Story story : Story.values()) {
      references.put(story, undisturbed(story));
    }
    List<Point> points = points(references);
    Map<String, Integer> passed = new TreeMap<>();
    for (int from = 0; from < points.size(); from += BATCH) {
      List<Point> batch = points.subList(from, Math.min(points.size(), from + BATCH));
      List<Stage> stages = batch.stream().map(point -> stage(point.story())).toList();
      for (Stage stage : stages) {
        awaitSettled(stage);
      }
      for (int i = 0; i < batch.size(); i++) {
        Point point = batch.get(i);
        try (Stage stage = stages.get(i)) {
          String outcome = disturb(point, stage, reference(references, point.story()));
          passed.merge("| %s | %s |".formatted(point.story(), outcome), 1, Integer::sum);
        }
      }
    }
    passed.forEach((row, count) -> System.out.println(row + " " + count + " |"));
  }

  private static Reference reference(Map<Story, Reference> references, Story story) {
    return Objects.requireNonNull(references.get(story));
  }

  private static Stage stage(Story story) {
    return Stage.set(admin, "stage-%d-of-a-story".formatted(++stages), story);
  }

  private static Reference undisturbed(Story story) throws InterruptedException {
    try (Stage stage = stage(story)) {
      awaitSettled(stage);
      proxy.watch(stage.namespace());
      stage.tell();
      awaitTold(stage);
      awaitQuiet();
      return new Reference(stage.snapshot(), proxy.writes().size());
    }
  }

  /** Returns what happened, for the table. */
  private static String disturb(Point point, Stage stage, Reference reference)
      throws InterruptedException {
    proxy.arm(stage.namespace(), point.write(), point.fault());
    stage.tell();
    String outcome = point.fault().getClass().getSimpleName();
    if (!await(() -> proxy.happened() || proxy.writes().size() >= reference.writes())) {
      throw new AssertionError(point + ": the write did not come, only " + proxy.writes());
    }
    if (!proxy.happened()) {
      outcome = "not reached";
    }
    if (!operator.isAlive()) {
      operator.start();
    }
    var unused = await(() -> stage.snapshot().equals(reference.end()));
    assertThat(stage.snapshot().differenceTo(reference.end()))
        .as("%s, after %s; the operator says: %s", point, proxy.writes(), operator.log())
        .isEmpty();
    int before = proxy.writes().size();
    Thread.sleep(QUIET);
    List<String> writes = proxy.writes();
    assertThat(writes.subList(before, writes.size())).as("writes at rest, %s", point).isEmpty();
    assertThat(stage.snapshot().differenceTo(reference.end())).as("%s", point).isEmpty();
    assertThat(stage.lost()).as("ready pods lost, %s", point).isEmpty();
    return outcome;
  }

  private static List<Point> points(Map<Story, Reference> references) {
    List<Point> all = new ArrayList<>();
    references.forEach(
        (story, reference) -> {
          for (int write = 1; write <= reference.writes(); write++) {
            all.add(new Point(story, write, new Fault.KillBefore()));
            all.add(new Point(story, write, new Fault.KillAfter()));
            all.add(new Point(story, write, new Fault.LoseAnswer()));
            all.add(new Point(story, write, new Fault.CutWatches()));
            for (int code : new int[] {409, 429, 500, 503}) {
              all.add(new Point(story, write, new Fault.Refuse(code)));
            }
          }
        });
    references.forEach(
        (story, reference) -> System.out.printf("%s: %d writes%n", story, reference.writes()));
    if ("all".equals(System.getProperty("faults"))) {
      return all;
    }
    long seed = Long.getLong("faults.seed", commit().hashCode());
    System.out.printf("-Dfaults.seed=%d, %d of %d points%n", seed, SAMPLE, all.size());
    Collections.shuffle(all, new Random(seed));
    return all.subList(0, SAMPLE);
  }

  private static String commit() {
    try {
      Process git =
          new ProcessBuilder("git", "rev-parse", "HEAD").redirectErrorStream(true).start();
      return new String(
              git.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
          .strip();
    } catch (IOException e) {
      return ""; // an archive without history
    }
  }

  private static void awaitSettled(Stage stage) {
    assertThat(await(stage::isSettled)).as("%s settles", stage.namespace()).isTrue();
  }

  private static void awaitTold(Stage stage) {
    assertThat(await(() -> !proxy.writes().isEmpty() || stage.story() == Story.DELETE)).isTrue();
    awaitSettled(stage);
  }

  private static void awaitQuiet() throws InterruptedException {
    int before = -1;
    while (before != proxy.writes().size()) {
      before = proxy.writes().size();
      Thread.sleep(QUIET);
    }
  }

  private static boolean await(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      if (condition.getAsBoolean()) {
        return true;
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  private static String root(String path) {
    return Path.of("..", path).toAbsolutePath().normalize().toString();
  }
}

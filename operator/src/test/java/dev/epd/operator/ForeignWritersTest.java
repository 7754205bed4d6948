package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.WRITES;
import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.replicas;
import static dev.epd.operator.OperatorWorld.versions;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.operator.ForeignWriter.Applier;
import dev.epd.operator.ForeignWriter.Kubectl;
import dev.epd.operator.ForeignWriter.Scaler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Three write to one cluster with both hands: one with kubectl's patches, one as a
 * HorizontalPodAutoscaler does, one with a server-side apply of his own fields. None may lose a
 * field, and the operator may answer each edit, but must not go on by itself.
 *
 * <p>{@code -Dforeign.seconds=60} for a long run.
 */
@ExtendWith(OperatorWorld.class)
class ForeignWritersTest {
  private static final int SECONDS = Integer.getInteger("foreign.seconds", 5);
  private static final int EDITS_PER_SECOND = 50;

  /** Children and statuses that one edit may touch, each once, and once more for what they do. */
  private static final int WRITES_PER_EDIT = 8;

  /** A look takes the time of an edit. */
  private static final int PAIRS_PER_LOOK = 5;

  @Test
  void nobodyLosesAFieldAndNobodyFights() throws Exception {
    String ns = namespace("foreign");
    apply(ns, cluster("resources: {}", "replicas: 1"));
    eventually(() -> assertReady(ns));
    int before = WRITES.in(ns).size();

    List<Tally> tallies = together(writers(ns));
    int edits = tallies.stream().mapToInt(Tally::edits).sum();
    int during = WRITES.in(ns).size() - before;

    eventually(() -> assertReady(ns));
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(replicas(ns, "encoder")));
    assertThat(tallies.stream().flatMap(t -> t.lost().stream())).as("lost fields").isEmpty();
    assertThat(tallies.stream().flatMap(t -> t.writer().lost(t.last()).stream()))
        .as("lost in the end")
        .isEmpty();

    awaitQuiet(ns);
    int all = WRITES.in(ns).size() - before;
    System.out.printf(
        "foreign writers: %d edits in %d s (%s), %d writes of the operator meanwhile, %d in all%n",
        edits, SECONDS, tallies.stream().map(Tally::edits).toList(), during, all);
    assertThat(all).isLessThan(WRITES_PER_EDIT * edits);
    List<String> writes = WRITES.in(ns);
    Map<String, String> at = versions(ns);
    Thread.sleep(5_000);
    assertThat(WRITES.in(ns)).isEqualTo(writes);
    assertThat(versions(ns)).isEqualTo(at);
  }

  private static List<ForeignWriter> writers(String ns) {
    return List.of(new Kubectl(ns), new Scaler(ns), new Applier(ns, deploymentName(ns, "prefill")));
  }

  private static List<Tally> together(List<ForeignWriter> writers) throws Exception {
    Turns turns = new Turns();
    List<Tally> tallies = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Tally>> all =
          writers.stream()
              .<Callable<Tally>>map(writer -> new Hands(turns, writer, threads)::write)
              .toList();
      for (Future<Tally> tally : threads.invokeAll(all)) {
        tallies.add(tally.get());
      }
    }
    return tallies;
  }

  /**
   * @param edits that were acknowledged in time
   * @param last the number of the very last one
   * @param lost what of an edit was gone before the next one
   */
  private record Tally(ForeignWriter writer, int edits, int last, List<String> lost) {}

  /** The turns of all writers together: whoever is done with an edit takes the next one. */
  private static final class Turns {
    private final long start = System.nanoTime();
    private final AtomicInteger next = new AtomicInteger();

    /** Waits for a turn; false when the time is over. */
    boolean await() throws InterruptedException {
      long at = next.getAndIncrement() * Duration.ofSeconds(1).toNanos() / EDITS_PER_SECOND;
      long ahead = start + at - System.nanoTime();
      if (ahead > 0) {
        Thread.sleep(Duration.ofNanos(ahead));
      }
      return System.nanoTime() - start < Duration.ofSeconds(SECONDS).toNanos();
    }
  }

  /**
   * The two hands of a writer. They edit in pairs, of which either may come first; a look follows
   * an edit that was made alone, so that it is known what must be there.
   */
  private static final class Hands {
    private final Turns turns;
    private final ForeignWriter writer;
    private final ExecutorService threads;
    private final List<String> lost = new ArrayList<>();
    private int edits;
    private int next;
    private boolean isTime = true;

    Hands(Turns turns, ForeignWriter writer, ExecutorService threads) {
      this.turns = turns;
      this.writer = writer;
      this.threads = threads;
    }

    Tally write() throws Exception {
      while (isTime) {
        for (int i = 0; i < PAIRS_PER_LOOK && isTime; i++) {
          together();
        }
        alone(List::of);
        alone(() -> writer.lost(next - 1));
      }
      for (int i = 0; i < ForeignWriter.OBJECTS; i++) {
        writer.edit(next++);
      }
      return new Tally(writer, edits, next - 1, lost);
    }

    private void together() throws Exception {
      int first = next++;
      int second = next++;
      Future<Integer> other = threads.submit(() -> made(second));
      int both = made(first) + other.get();
      edits += both;
      isTime = both == 2;
    }

    /** One edit at its turn; none when the time is over. */
    private int made(int number) throws InterruptedException {
      if (!turns.await()) {
        return 0;
      }
      writer.edit(number);
      return 1;
    }

    private void alone(Supplier<List<String>> look) throws InterruptedException {
      isTime = isTime && turns.await();
      if (isTime) {
        lost.addAll(look.get());
        writer.edit(next++);
        edits++;
      }
    }
  }

  private static void awaitQuiet(String ns) throws InterruptedException {
    long end = System.nanoTime() + OperatorWorld.PATIENCE.toNanos();
    Map<String, String> last = Map.of();
    Map<String, String> now = versions(ns);
    while (!now.equals(last) && System.nanoTime() < end) {
      Thread.sleep(2_000);
      last = now;
      now = versions(ns);
    }
    assertThat(now).as("quiet in time").isEqualTo(last);
  }

  private static String deploymentName(String ns, String role) {
    return admin
        .apps()
        .deployments()
        .inNamespace(ns)
        .withLabel("epd.dev/role", role)
        .list()
        .getItems()
        .getFirst()
        .getMetadata()
        .getName();
  }
}

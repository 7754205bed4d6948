package dev.epd.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScalingMode;
import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/**
 * Two clusters under one policy that is edited while they serve. Times are printed, none is judged;
 * {@code -Dbursts=20 -Dedits=40} for a measurement.
 */
class ScalingPolicyTest {
  private static final int BURSTS = Integer.getInteger("bursts", 1);
  private static final int FACTOR = 4;
  private static final Duration MEASURED = Duration.ofSeconds(4);
  private static final int EDITS = Integer.getInteger("edits", 2);
  private static final String NS = "policy";
  private static final String ONE = "quickstart";
  private static final String OTHER = "second";

  private static final ShapePicture PHOTO =
      ShapePicture.sideBySide(2240, 1400, Colour.BLUE, Shape.CIRCLE, Colour.YELLOW, Shape.CIRCLE);

  private final World world = World.get();

  @Test
  void aPolicyOfTwoClustersIsFollowedAsItIsEdited() throws Exception {
    world.namespace(NS);
    String policy = "spec:\n  signals:";
    String off = "spec:\n  mode: \"Off\"\n  signals:";
    String first = "name: quickstart\nspec:\n  model:";
    world.apply(NS, "quickstart.yaml", policy, off);
    world.apply(NS, "quickstart.yaml", policy, off, first, first.replace("quickstart", "second"));
    world.awaitReady(NS, ONE);
    world.awaitReady(NS, OTHER);
    Chat chat = world.chat(NS, ONE);
    byte[] png = PHOTO.png();

    List<Duration> times = new ArrayList<>();
    double capacity;
    try (Crowd crowd = Crowd.withNewFiles(chat, PHOTO, png, 40)) {
      World.eventually(() -> assertThat(crowd.right()).isGreaterThan(40));
      capacity = perSecond(crowd);
      World.eventually(() -> assertThat(autoscalingActive()).isEqualTo("AutoscalingOff"));
      assertThat(replicas(ONE)).isEqualTo(1);

      edit("{\"mode\":\"Recommend\"}");
      World.eventually(() -> assertThat(advised(ONE)).isGreaterThan(1));
      World.eventually(() -> assertThat(autoscalingActive()).isEqualTo("Recommending"));
      assertThat(replicas(ONE)).isEqualTo(1);
      assertThat(world.pods(NS, ONE, "encoder")).hasSize(1);

      edit("{\"mode\":\"Auto\"}");
      World.eventually(() -> assertThat(replicas(ONE)).isEqualTo(3));
      assertThat(replicas(OTHER)).as("its own load counts").isEqualTo(1);
      crowd.close();
      assertThat(crowd.other()).isEmpty();
    }
    long seed = Long.getLong("bursts.seed", System.nanoTime() & 0xffffffffL);
    Random random = new Random(seed);
    System.out.printf(
        Locale.ROOT,
        "bursts of %d times %.1f images/s, what one encoder did; seed %d%n",
        FACTOR,
        capacity,
        seed);
    for (int burst = 0; burst < BURSTS; burst++) {
      awaitReplicas(ONE, 1);
      CompletableFuture<Duration> more = until(ONE, n -> n > 1);
      try (Crowd crowd = Crowd.arriving(chat, PHOTO, png, FACTOR * capacity, random)) {
        times.add(more.get());
        crowd.close();
        assertThat(crowd.other()).isEmpty();
      }
    }
    print("from a burst's first request to the replicas", times);
    awaitReplicas(ONE, 1);

    times.clear();
    for (int edit = 0; edit < EDITS; edit++) {
      int bound = edit % 2 == 0 ? 2 : 1;
      CompletableFuture<Duration> followed = until(OTHER, n -> n == bound);
      edit(
          """
          {"schedules":[{"name":"edited","start":"0 0 * * *","duration":"24h",
                         "minReplicas":%1$d,"maxReplicas":%1$d}]}
          """
              .formatted(bound));
      times.add(followed.get());
      awaitReplicas(ONE, bound);
    }
    print("from a policy's edit to the replicas", times);
    World.metrics(world.operatorPod(), ":8080/q/metrics").stream()
        .filter(line -> line.startsWith("epd_operator_scaling_decision_seconds"))
        .forEach(System.out::println);
    world.kubectl("delete", "namespace", NS, "--wait=false");
  }

  /** Answers of a crowd that always waits. */
  private static double perSecond(Crowd crowd) throws InterruptedException {
    int before = crowd.right();
    Thread.sleep(MEASURED);
    return (crowd.right() - before) / (double) MEASURED.toSeconds();
  }

  private void edit(String spec) {
    world.kubectl(
        "patch",
        "epdautoscalingpolicy",
        "quickstart",
        "-n",
        NS,
        "--type=merge",
        "-p",
        "{\"spec\":" + spec + "}");
  }

  private String autoscalingActive() {
    return encoders(ONE).require().getStatus().conditions().stream()
        .filter(c -> c.type().equals(ConditionType.AutoscalingActive.name()))
        .map(Condition::reason)
        .findFirst()
        .orElse("");
  }

  private Resource<EPDPool> encoders(String cluster) {
    return world.client().resources(EPDPool.class).inNamespace(NS).withName(cluster + "-encoder");
  }

  private int replicas(String cluster) {
    return encoders(cluster).require().getSpec().replicasOrDefault();
  }

  private void awaitReplicas(String cluster, int number) {
    World.eventually(() -> assertThat(replicas(cluster)).isEqualTo(number));
  }

  /** What was recommended last; 0 = nothing. */
  private int advised(String cluster) {
    EPDPoolStatus status = encoders(cluster).require().getStatus();
    ScaleDecision last = status == null ? null : status.lastDecision();
    return last == null || last.mode() != ScalingMode.Recommend ? 0 : last.to();
  }

  /** How long from now until a pool has such a number, by a watch that stands on return. */
  private CompletableFuture<Duration> until(String cluster, IntPredicate number) {
    CompletableFuture<Duration> after = new CompletableFuture<>();
    AtomicLong start = new AtomicLong(Long.MAX_VALUE);
    Watch watch =
        encoders(cluster)
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, EPDPool pool) {
                    long now = System.nanoTime();
                    if (start.get() != Long.MAX_VALUE
                        && number.test(pool.getSpec().replicasOrDefault())) {
                      after.complete(Duration.ofNanos(now - start.get()));
                    }
                  }

                  @Override
                  public void onClose(WatcherException cause) {
                    after.completeExceptionally(cause);
                  }
                });
    start.set(System.nanoTime());
    return after
        .orTimeout(World.PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .whenComplete((t, e) -> watch.close());
  }

  private static void print(String what, List<Duration> times) {
    List<Duration> sorted = times.stream().sorted().toList();
    System.out.printf(
        Locale.ROOT,
        "%s: %d times, p50 %d ms, p99 %d ms%n",
        what,
        sorted.size(),
        at(sorted, 0.5),
        at(sorted, 0.99));
  }

  private static long at(List<Duration> sorted, double quantile) {
    return sorted.get((int) Math.ceil(quantile * sorted.size()) - 1).toMillis();
  }
}

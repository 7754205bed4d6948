package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.assertSettled;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.events;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pool;
import static dev.epd.operator.OperatorWorld.replicas;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScalingMode;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Policies: what they let the loop do, and what is said of it. */
@ExtendWith(OperatorWorld.class)
class ApiServerScalingTest {
  private static final String SCALED =
      "autoscaling: {minReplicas: 1, maxReplicas: 6, policyRef: {name: p}}";

  @AfterEach
  void quiet() {
    metrics.load(0, 0);
    metrics.language(0, FakeMetrics.KV_SLOTS);
    metrics.queried(0);
    metrics.silent(false);
  }

  private static void policy(String ns, String spec) {
    apply(
        ns,
        """
        apiVersion: epd.dev/v1alpha1
        kind: EPDAutoscalingPolicy
        metadata: {name: p}
        spec: {%s}
        """
            .formatted(spec));
  }

  private static ScaleDecision last(String ns) {
    return requireNonNull(requireNonNull(pool(ns, "encoder").getStatus()).lastDecision());
  }

  @Test
  void aRecommendationChangesNothingAndLeavesTheNumberToOthers() {
    String ns = namespace("advised");
    metrics.load(0, 0);
    policy(ns, "mode: Recommend, behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}");
    apply(ns, cluster(SCALED, "replicas: 1"));
    eventually(() -> assertReady(ns));
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("Recommending"));
    assertThat(pool(ns, "encoder").getSpec().replicasOwner()).isEqualTo(ReplicasOwner.External);

    metrics.load(2800, 6000);
    eventually(
        () -> {
          assertThat(last(ns).mode()).isEqualTo(ScalingMode.Recommend);
          assertThat(last(ns).to()).isBetween(3, 6);
          assertThat(last(ns).from()).isEqualTo(1);
        });
    eventually(
        () ->
            assertThat(events(ns))
                .anyMatch(e -> e.startsWith("Recommended ") && e.contains("there are 1")));
    assertThat(replicas(ns, "encoder")).isEqualTo(1);
    assertThat(events(ns)).noneMatch(e -> e.startsWith("Scaled"));

    // Somebody follows it by hand: that stands.
    kube.kubectl("scale", "epool/one-encoder", "--replicas=2", "-n", ns).orThrow();
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(2));
    eventually(() -> assertReady(ns));
    assertThat(replicas(ns, "encoder")).isEqualTo(2);
    assertThat(events(ns)).noneMatch(e -> e.startsWith("ReplicasPutBack"));

    policy(ns, "mode: Auto, behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}");
    eventually(() -> assertThat(replicas(ns, "encoder")).isGreaterThan(2));
    assertThat(pool(ns, "encoder").getSpec().replicasOwner()).isEqualTo(ReplicasOwner.Autoscaler);
    eventually(() -> assertThat(last(ns).wasActedOn()).isTrue());
    eventually(() -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("Scaling"));
    metrics.load(0, 0);
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(1));

    policy(ns, "mode: 'Off', behavior: {interval: 200ms}");
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("AutoscalingOff"));
    eventually(
        () ->
            assertThat(pool(ns, "encoder").getSpec().replicasOwner())
                .isEqualTo(ReplicasOwner.External));
    kube.kubectl("scale", "epool/one-encoder", "--replicas=4", "-n", ns).orThrow();
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(4));
    eventually(() -> assertReady(ns));
    assertThat(replicas(ns, "encoder")).isEqualTo(4);
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  /** Whoever waits for Ready, or is alarmed by it, hears nothing of a number that changes. */
  @Test
  void aChangeOfNumbersAloneTakesNothingFromReady() {
    String ns = namespace("steady");
    apply(ns, cluster("replicas: 1", "resources: {}"));
    eventually(() -> assertSettled(ns));
    List<String> said = new CopyOnWriteArrayList<>();
    try (var clusters = admin.resources(EPDCluster.class).inNamespace(ns).watch(ready(said, ns));
        var pools = admin.resources(EPDPool.class).inNamespace(ns).watch(ready(said, ns))) {
      for (int n : List.of(3, 1)) {
        apply(ns, cluster("replicas: " + n, "resources: {}"));
        kube.kubectl("scale", "epool/one-prefill", "--replicas=" + n, "-n", ns).orThrow();
        eventually(
            () -> {
              assertThat(pods(ns, "encoder")).isEqualTo(n);
              assertThat(pods(ns, "prefill")).isEqualTo(n);
            });
        eventually(() -> assertSettled(ns));
      }
      assertThat(clusters).isNotNull();
      assertThat(pools).isNotNull();
    }
    assertThat(said).contains("one True PoolResizing", "one-encoder True PoolResizing");
    assertThat(said).allMatch(s -> s.contains(" True "));
  }

  private static <T extends CustomResource<?, ?>> Watcher<T> ready(List<String> said, String ns) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, T resource) {
        List<Condition> conditions =
            switch (resource) {
              case EPDCluster c when c.getStatus() != null -> c.getStatus().conditions();
              case EPDPool p when p.getStatus() != null -> p.getStatus().conditions();
              default -> List.of();
            };
        conditions.stream()
            .filter(c -> c.type().equals("Ready"))
            .map(c -> resource.getMetadata().getName() + " " + c.status() + " " + c.reason())
            .forEach(said::add);
      }

      @Override
      public void onClose(WatcherException cause) {
        if (cause != null) {
          said.add("the watch of " + ns + " broke: " + cause.getMessage());
        }
      }
    };
  }

  @Test
  void aScheduleMovesTheBoundsAndIsNamed() {
    String ns = namespace("scheduled");
    // The first is a range that falls: the API server can't see it.
    policy(
        ns,
        "schedules: [{name: always, start: '0 0 * * FRI-MON', duration: 168h, minReplicas: 3}],"
            + " behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}");
    apply(ns, cluster(SCALED, "replicas: 1"));
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("PolicyInvalid"));
    assertThat(condition(ns, "AutoscalingActive").message())
        .contains("EPDAutoscalingPolicy p, schedule always: day of week 'FRI-MON'");

    policy(
        ns,
        "schedules: [{name: always, start: '0 0 * * *', duration: 24h, minReplicas: 3,"
            + " maxReplicas: 5}], behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}");
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
    // Later decisions may have other reasons to stay at three.
    eventually(
        () ->
            assertThat(status(ns).decisions())
                .anySatisfy(step -> assertThat(step.limitedBy()).isEqualTo("Schedule/always")));
    assertThat(last(ns).inputs())
        .containsEntry("minReplicas", "3")
        .containsEntry("maxReplicas", "5");

    policy(ns, "behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}");
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(1));
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void theStoryCanBeRead() {
    String ns = namespace("story");
    metrics.load(0, 0);
    policy(
        ns,
        "behavior: {interval: 200ms, scaleUp: {maxPods: 1, period: 3s}, scaleDown: {idleTime: 2s}}");
    apply(ns, cluster(SCALED, "replicas: 1"));
    eventually(() -> assertReady(ns));
    metrics.load(2500, 6000);
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
    eventually(
        () ->
            assertThat(status(ns).decisions())
                .anySatisfy(step -> assertThat(step.limitedBy()).isEqualTo("ScaleUpRate")));
    metrics.load(0, 0);
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(1));
    EPDPoolStatus status = status(ns);
    assertThat(status.decisions()).hasSizeBetween(3, EPDPoolStatus.DECISIONS);
    assertThat(status.decisions().getFirst())
        .isEqualTo(requireNonNull(status.lastDecision()).step());

    String wide = kube.kubectl("get", "epool", "one-encoder", "-n", ns, "-o", "wide").orThrow();
    assertThat(wide).contains("MIN", "MAX", "WANTED", "LIMITED BY", "SCALING");
    String described = kube.kubectl("describe", "epool", "one-encoder", "-n", ns).orThrow();
    assertThat(described)
        .containsSubsequence(
            "Decisions:", "Last Decision:", "Inputs:", "Queued Patches:", "Events:")
        .contains("(limited by behavior.scaleUp)", "Scaled", "From 3 to ");
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void prefillAndDecodeFollowTheirOwnSignals() {
    String ns = namespace("language");
    policy(ns, "behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}");
    String scaled = "autoscaling: {maxReplicas: 4, policyRef: {name: p}}";
    apply(
        ns,
        cluster("replicas: 1", scaled)
            .replace("decode: {replicas: 1}", "decode: {" + scaled + "}"));
    eventually(() -> assertReady(ns));
    eventually(() -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("Scaling"));

    metrics.language(20_000, 0);
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(3));
    eventually(() -> assertThat(pods(ns, "decode")).isEqualTo(4));
    eventually(
        () ->
            assertThat(
                    requireNonNull(requireNonNull(pool(ns, "prefill").getStatus()).lastDecision()))
                .satisfies(
                    d -> {
                      assertThat(d.signal()).isEqualTo("QueueTokens");
                      assertThat(d.inputs()).containsEntry("QueueTokens", "20000");
                    }));

    // Without figures nothing is removed, and that is said.
    metrics.silent(true);
    metrics.language(0, FakeMetrics.KV_SLOTS);
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("MetricsMissing"));
    assertThat(pods(ns, "prefill")).isEqualTo(3);
    metrics.silent(false);
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(1));
    eventually(() -> assertThat(pods(ns, "decode")).isEqualTo(1));

    // A signal of another role is refused by name.
    policy(ns, "signals: [{type: ImageQueue}]");
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("PolicyInvalid"));
    assertThat(condition(ns, "AutoscalingActive").message())
        .contains("signal ImageQueue does not scale");
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void aPrometheusQueryScalesAndHoldsWhenItIsMissing() {
    String ns = namespace("queried");
    policy(
        ns,
        "behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}, signals: [{type: Prometheus,"
            + " prometheus: {serverURL: 'http://"
            + OperatorWorld.ADDRESS
            + ":"
            + metrics.port()
            + "', query: 'sum(x)', perPod: '2.5'}}]");
    metrics.queried(9);
    apply(ns, cluster(SCALED, "replicas: 1"));
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(4));
    eventually(() -> assertThat(last(ns).signal()).isEqualTo("Prometheus"));
    metrics.silent(true);
    eventually(() -> assertThat(last(ns).limitedBy()).isEqualTo("Data"));
    assertThat(pods(ns, "encoder")).isEqualTo(4);
    metrics.silent(false);
    metrics.queried(0);
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(1));
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  private static EPDPoolStatus status(String ns) {
    return requireNonNull(pool(ns, "encoder").getStatus());
  }
}

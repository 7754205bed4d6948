package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.account;
import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.node;
import static dev.epd.operator.OperatorWorld.operator;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pool;
import static dev.epd.operator.OperatorWorld.pools;
import static dev.epd.operator.OperatorWorld.replicas;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.ScaleDecision;
import io.fabric8.kubernetes.api.model.Pod;
import io.micrometer.core.instrument.Counter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The scaling loop among clusters, restarts, and pods that leave or say nothing. */
@ExtendWith(OperatorWorld.class)
class ApiServerAutoscalerTest {
  private static final String ELSEWHERE = "127.83.0.2";
  private static final String SILENT = "127.83.0.3";
  private static final String FINALIZER = "epd.dev/test";
  private static final int TOKENS_PER_POD = 8192;
  private static final String SCALED = "autoscaling: {maxReplicas: 6, policyRef: {name: p}}";

  @AfterEach
  void quiet() {
    metrics.load(0, 0);
    metrics.language(0, FakeMetrics.KV_SLOTS);
    metrics.waitingForDecode(0);
    metrics.thaw();
    node.placeAsEver();
  }

  private static void policy(String ns, String idleTime) {
    apply(
        ns,
        """
        apiVersion: epd.dev/v1alpha1
        kind: EPDAutoscalingPolicy
        metadata: {name: p}
        spec: {behavior: {interval: 200ms, scaleDown: {idleTime: %s}}}
        """
            .formatted(idleTime));
  }

  private static void mode(String ns, String mode) {
    String patch = "{\"spec\":{\"mode\":\"%s\"}}".formatted(mode);
    kube.kubectl("patch", "epdautoscalingpolicy", "p", "-n", ns, "--type=merge", "-p=" + patch)
        .orThrow();
  }

  private static ScaleDecision last(String ns, String role) {
    return requireNonNull(requireNonNull(pool(ns, role).getStatus()).lastDecision());
  }

  /** How often the loop has looked at its pools. */
  private static double looks() {
    return operator.registry.find("epd.operator.scaling.decisions").counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  private static void awaitLooks(int looks) {
    double before = looks();
    eventually(() -> assertThat(looks()).isGreaterThan(before + looks));
  }

  @Test
  void twoClustersWithOnePolicyScaleEachByItsOwnWork() throws Exception {
    String ns = namespace("shared");
    node.place("two", ELSEWHERE);
    try (FakeMetrics others = new FakeMetrics(ELSEWHERE, metrics.port())) {
      policy(ns, "2s");
      apply(ns, cluster(SCALED, "replicas: 1"));
      apply(ns, cluster(SCALED, "replicas: 1").replace("{name: one}", "{name: two}"));
      eventually(() -> assertThat(ready(ns, "one")).isEqualTo(1));
      eventually(() -> assertThat(ready(ns, "two")).isEqualTo(1));

      metrics.load(2500, 6000);
      eventually(() -> assertThat(encoders(ns, "one")).isGreaterThan(2));
      awaitLooks(20);
      assertThat(encoders(ns, "two")).isEqualTo(1);

      metrics.load(0, 0);
      others.load(2500, 6000);
      eventually(() -> assertThat(encoders(ns, "two")).isGreaterThan(2));
      eventually(() -> assertThat(encoders(ns, "one")).isEqualTo(1));
      assertThat(encoders(ns, "two")).isGreaterThan(2);
    }
    kube.kubectl("delete", "epd", "one", "two", "-n", ns).orThrow();
  }

  private static int encoders(String ns, String cluster) {
    return encoder(ns, cluster).getSpec().replicasOrDefault();
  }

  private static int ready(String ns, String cluster) {
    return requireNonNull(requireNonNull(encoder(ns, cluster).getStatus()).readyReplicas());
  }

  private static EPDPool encoder(String ns, String cluster) {
    return requireNonNull(pools(ns).get(cluster + "-encoder"));
  }

  @Test
  void imagesThatWaitForAPoolAtZeroAreNoReasonToActOnAdvice() {
    String ns = namespace("asleep");
    String asleep = SCALED.replace("{maxReplicas", "{minReplicas: 0, maxReplicas");
    policy(ns, "2s");
    apply(ns, cluster(asleep, "replicas: 1"));
    eventually(() -> assertThat(replicas(ns, "encoder")).isZero());
    eventually(() -> assertThat(pods(ns, "encoder")).isZero());
    mode(ns, "Recommend");
    metrics.load(500, 2000);
    eventually(() -> assertThat(last(ns, "encoder").to()).isPositive());

    awaitLooks(20);
    assertThat(replicas(ns, "encoder")).isZero();

    mode(ns, "Auto");
    eventually(() -> assertThat(replicas(ns, "encoder")).isPositive());
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void aPoolThatIsScaledUpStaysSoWhileTheOperatorIsReplaced() {
    String ns = namespace("replaced");
    policy(ns, "10s");
    apply(ns, cluster("replicas: 1", SCALED));
    eventually(() -> assertReady(ns));
    metrics.language(4 * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(4));
    eventually(() -> assertReady(ns));
    try (ReplicaClock clock = new ReplicaClock(admin, ns, "one-prefill")) {
      operator.close();
      operator = new TestOperator(account, metrics.port());
      awaitLooks(20);
      // With no work at all it watches for a scale-down time first, having no past to judge by.
      metrics.language(0, FakeMetrics.KV_SLOTS);
      operator.close();
      operator = new TestOperator(account, metrics.port());
      eventually(() -> assertThat(last(ns, "prefill").limitedBy()).isEqualTo("Takeover"));
      assertThat(clock.numbers()).containsExactly(4);
      assertThat(replicas(ns, "prefill")).isEqualTo(4);
      eventually(() -> assertThat(replicas(ns, "prefill")).isEqualTo(1));
      eventually(() -> assertThat(clock.numbers()).containsExactly(4, 1));
    }
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void aPageThatStandsStillHoldsThePoolAndIsSaid() {
    String ns = namespace("frozen");
    policy(ns, "4s");
    apply(ns, cluster("replicas: 1", SCALED));
    eventually(() -> assertReady(ns));
    metrics.language(3 * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(3));
    eventually(() -> assertReady(ns));
    // The page says that there is nothing to do, and says so for ever.
    metrics.language(0, FakeMetrics.KV_SLOTS);
    metrics.freeze();
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("MetricsMissing"));
    awaitLooks(40);
    assertThat(replicas(ns, "prefill")).isEqualTo(3);
    assertThat(last(ns, "prefill").limitedBy()).isEqualTo("Data");
    metrics.thaw();
    eventually(() -> assertThat(replicas(ns, "prefill")).isEqualTo(1));
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void whatAGatewayHoldsThatIsLeavingStillCounts() {
    String ns = namespace("leaving");
    policy(ns, "2s");
    apply(ns, cluster(SCALED, "replicas: 1"));
    eventually(() -> assertReady(ns));
    Pod gateway =
        admin
            .pods()
            .inNamespace(ns)
            .withLabel("epd.dev/role", "gateway")
            .list()
            .getItems()
            .getFirst();
    admin.resource(gateway).edit(pod -> withFinalizer(pod));
    admin.resource(gateway).delete();
    eventually(() -> assertThat(pods(ns, "gateway")).isEqualTo(2));
    eventually(() -> assertReady(ns));
    metrics.load(2500, 6000);
    eventually(
        () ->
            assertThat(last(ns, "encoder").inputs())
                .containsEntry("gatewaysAnswered", "2")
                .containsEntry("gatewaysExpected", "2"));
    kube.kubectl(
            "patch",
            "pod",
            gateway.getMetadata().getName(),
            "-n",
            ns,
            "--type=merge",
            "-p",
            "{\"metadata\":{\"finalizers\":null}}")
        .orThrow();
    metrics.load(0, 0);
    eventually(() -> assertThat(replicas(ns, "encoder")).isEqualTo(1));
    eventually(
        () -> assertThat(last(ns, "encoder").inputs()).containsEntry("gatewaysExpected", "1"));
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  private static Pod withFinalizer(Pod pod) {
    pod.getMetadata().getFinalizers().add(FINALIZER);
    return pod;
  }

  @Test
  void aDecodePodThatSaysNothingDoesNotStopThePoolFromGrowing() {
    String ns = namespace("mute");
    policy(ns, "2s");
    apply(
        ns,
        cluster("replicas: 1", "replicas: 1")
            .replace("decode: {replicas: 1}", "decode: {" + SCALED + "}"));
    eventually(() -> assertReady(ns));
    node.place("one", SILENT);
    metrics.language(0, 0);
    eventually(() -> assertThat(pods(ns, "decode")).isEqualTo(2));
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("MetricsMissing"));
    assertThat(condition(ns, "AutoscalingActive").message())
        .contains("Not every pod gave its figure for KVUtilization");
    assertThat(replicas(ns, "decode")).isEqualTo(2);

    metrics.waitingForDecode(20);
    eventually(() -> assertThat(replicas(ns, "decode")).isGreaterThanOrEqualTo(4));
    metrics.waitingForDecode(0);
    metrics.language(0, FakeMetrics.KV_SLOTS);
    int grown = replicas(ns, "decode");
    awaitLooks(40);
    assertThat(replicas(ns, "decode")).as("half of the picture removes nothing").isEqualTo(grown);
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void poolsKeepTheirRatio() {
    String ns = namespace("ratios");
    policy(ns, "2s");
    String ratio = "{numerator: encoder, denominator: prefill, min: \"0.5\", max: \"%s\"}";
    String both = cluster(SCALED, SCALED);
    apply(ns, withRatio(both, ratio.formatted("2")));
    eventually(() -> assertReady(ns));
    metrics.language(5 * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
    eventually(() -> assertThat(replicas(ns, "prefill")).isEqualTo(5));
    eventually(() -> assertThat(replicas(ns, "encoder")).isEqualTo(3));
    eventually(() -> assertHeldByTheRatio(ns));

    metrics.language(0, FakeMetrics.KV_SLOTS);
    eventually(() -> assertThat(replicas(ns, "prefill")).isEqualTo(1));
    eventually(() -> assertThat(replicas(ns, "encoder")).isEqualTo(1));

    // A number that nobody here decides bounds the one that is.
    apply(ns, withRatio(cluster(SCALED, "replicas: 1"), ratio.formatted("2.5")));
    metrics.load(4000, 9000);
    eventually(() -> assertThat(replicas(ns, "encoder")).isEqualTo(2));
    eventually(() -> assertHeldByTheRatio(ns));
    assertThat(replicas(ns, "encoder")).isEqualTo(2);
    apply(ns, withRatio(cluster(SCALED, "replicas: 1"), ratio.formatted("4")));
    eventually(() -> assertThat(replicas(ns, "encoder")).isEqualTo(4));
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  private static void assertHeldByTheRatio(String ns) {
    ScaleDecision last = last(ns, "encoder");
    assertThat(last.limitedBy()).isEqualTo("Ratio/encoder:prefill");
    assertThat(last.reason()).contains("scaling.ratios encoder:prefill");
  }

  private static String withRatio(String cluster, String ratio) {
    return cluster.replace("spec:\n", "spec:\n  scaling: {ratios: [" + ratio + "]}\n");
  }
}

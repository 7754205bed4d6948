package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.account;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.events;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.operator;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pool;
import static dev.epd.operator.OperatorWorld.replicas;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.ReplicasOwner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Objects that the API server lets in and this version of the operator cannot read: as after an
 * upgrade that was taken back, whose definitions stayed.
 */
@ExtendWith(OperatorWorld.class)
class ApiServerUnreadableTest {
  private static final int TOKENS_PER_POD = 8192;
  private static final int MOST = 6;

  @AfterEach
  void quiet() {
    metrics.load(0, 0);
    metrics.language(0, FakeMetrics.KV_SLOTS);
  }

  /** A definition with one more value of an enum, until it is closed. */
  private record Newer(String definition, String field, String before) implements AutoCloseable {
    static Newer of(String plural, String field, String value) {
      String definition = plural + ".epd.dev";
      String properties =
          "spec.versions[0].schema.openAPIV3Schema.properties.spec.properties." + field + ".enum";
      String before =
          kubectl("get crd " + definition + " -o", "jsonpath={." + properties + "}").strip();
      Newer newer = new Newer(definition, field, before);
      newer.patch("add", "/-", '"' + value + '"');
      return newer;
    }

    private void patch(String op, String at, String value) {
      String path =
          "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/"
              + field.replace('.', '/')
              + "/enum"
              + at;
      kubectl(
          "patch crd " + definition + " --type=json -p",
          "[{\"op\":\"%s\",\"path\":\"%s\",\"value\":%s}]".formatted(op, path, value));
    }

    @Override
    public void close() {
      patch("replace", "", before);
    }
  }

  @Test
  void aSpecOfANewerVersionHoldsItsOwnClusterAlone() {
    String ns = namespace("newer");
    String other = namespace("beside-newer");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    apply(other, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    eventually(() -> assertReady(other));
    String before = podNames(ns);

    try (Newer newer = Newer.of("epdclusters", "rollout.properties.strategy", "BlueGreen")) {
      eventually(() -> strategy(ns, "BlueGreen"));
      eventually(
          () ->
              assertThat(ready("epdcluster one", ns))
                  .startsWith("False SpecInvalid spec.rollout.strategy cannot be read")
                  .contains("BlueGreen"));
      assertThat(podNames(ns)).isEqualTo(before);

      apply(other, cluster("replicas: 2", "replicas: 1"));
      eventually(() -> assertThat(pods(other, "encoder")).isEqualTo(2));
      eventually(() -> assertReady(other));

      strategy(ns, "Coordinated");
      eventually(() -> assertReady(ns));
      assertThat(podNames(ns)).isEqualTo(before);
    }
  }

  @Test
  void aPolicyOfANewerVersionHoldsThePoolsThatNameItAlone() {
    String ns = namespace("newer-policy");
    String other = namespace("beside-newer-policy");
    policy(ns, "p", "Auto");
    policy(ns, "q", "Auto");
    policy(other, "p", "Auto");
    apply(ns, cluster(scaledBy("p"), scaledBy("q")));
    apply(other, cluster(scaledBy("p"), "replicas: 1"));
    eventually(() -> assertReady(ns));
    eventually(() -> assertReady(other));
    metrics.load(2500, 6000);
    eventually(() -> assertThat(replicas(ns, "encoder")).isGreaterThan(2));
    eventually(() -> assertThat(replicas(other, "encoder")).isGreaterThan(2));

    try (Newer newer = Newer.of("epdautoscalingpolicies", "mode", "Dream")) {
      eventually(() -> mode(ns, "Dream"));
      eventually(() -> assertHeldByItsPolicy(ns));
      int held = replicas(ns, "encoder");
      metrics.load(0, 0);
      metrics.language(3 * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
      eventually(() -> assertThat(replicas(other, "encoder")).isEqualTo(1));
      eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(3));
      eventually(() -> assertReady(ns));
      assertThat(replicas(ns, "encoder")).isEqualTo(held);

      operatorIsReplaced();
      metrics.language(MOST * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
      eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(MOST));
      metrics.language(0, FakeMetrics.KV_SLOTS);
      eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(1));
      assertThat(replicas(ns, "encoder")).isEqualTo(held);
      assertThat(pods(ns, "encoder")).isEqualTo(held);
      assertHeldByItsPolicy(ns);

      mode(ns, "Auto");
      eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(1));
      eventually(
          () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("Scaling"));
      eventually(() -> assertReady(ns));
    }
    kubectl("delete epd one -n " + ns, "--wait");
    kubectl("delete epd one -n " + other, "--wait");
  }

  private static void assertHeldByItsPolicy(String ns) {
    Condition active = condition(ns, "AutoscalingActive");
    assertThat(active.reason()).isEqualTo("PolicyInvalid");
    assertThat(active.status()).isEqualTo(Condition.Status.False);
    assertThat(active.message())
        .contains("EPDAutoscalingPolicy p, spec.mode cannot be read", "Dream", "held at its size");
  }

  @Test
  void aPolicyOfANewerVersionChangesNoOwner() {
    String ns = namespace("newer-advice");
    policy(ns, "p", "Recommend");
    apply(ns, cluster(scaledBy("p"), "replicas: 1"));
    eventually(() -> assertReady(ns));
    scale(ns, 2);
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(2));

    try (Newer newer = Newer.of("epdautoscalingpolicies", "mode", "Dream")) {
      eventually(() -> mode(ns, "Dream"));
      eventually(() -> assertHeldByItsPolicy(ns));
      eventually(() -> assertReady(ns));
      assertThat(replicas(ns, "encoder")).isEqualTo(2);
      scale(ns, 3);
      eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
      eventually(() -> assertReady(ns));
      assertThat(replicas(ns, "encoder")).isEqualTo(3);
      assertThat(pool(ns, "encoder").getSpec().replicasOwner()).isEqualTo(ReplicasOwner.External);

      mode(ns, "Recommend");
      eventually(
          () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("Recommending"));
      assertThat(replicas(ns, "encoder")).isEqualTo(3);
      assertThat(events(ns)).noneMatch(e -> e.startsWith("ReplicasPutBack"));
    }
    kubectl("delete epd one -n " + ns, "--wait");
  }

  @Test
  void aPoolOfANewerVersionHoldsItsClusterAndNotTheOtherPoolsPods() {
    String ns = namespace("newer-pool");
    String other = namespace("beside-newer-pool");
    policy(ns, "q", "Auto");
    apply(ns, cluster("replicas: 1", scaledBy("q")));
    apply(other, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    eventually(() -> assertReady(other));

    try (Newer newer = Newer.of("epdpools", "clusterRollout.properties.strategy", "BlueGreen")) {
      eventually(() -> encoderStrategy(ns, "\"BlueGreen\""));
      eventually(() -> assertHeldByItsPool(ns));
      metrics.language(3 * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
      eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(3));
      apply(other, cluster("replicas: 2", "replicas: 1"));
      eventually(() -> assertThat(pods(other, "encoder")).isEqualTo(2));
      eventually(() -> assertReady(other));

      operatorIsReplaced();
      apply(ns, cluster("replicas: 2", scaledBy("q")));
      kubectl("delete deployment -n " + ns + " -l", "epd.dev/role=decode");
      eventually(() -> assertThat(pods(ns, "decode")).isEqualTo(1));
      metrics.language(MOST * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
      eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(MOST));
      assertHeldByItsPool(ns);
      assertThat(pods(ns, "encoder")).isEqualTo(1);

      encoderStrategy(ns, "null");
      eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(2));
      eventually(() -> assertReady(ns));
      assertThat(ready("epdpool one-encoder", ns)).startsWith("True ");
    }
    kubectl("delete epd one -n " + ns, "--wait");
  }

  private static void assertHeldByItsPool(String ns) {
    String why = "spec.clusterRollout.strategy cannot be read";
    assertThat(ready("epdpool one-encoder", ns))
        .startsWith("False SpecInvalid " + why)
        .contains("BlueGreen");
    assertThat(ready("epdcluster one", ns))
        .startsWith("False SpecInvalid EPDPool one-encoder: " + why)
        .contains("BlueGreen");
  }

  @Test
  void aStatusThatSomebodySpoiltIsWrittenAnew() {
    String ns = namespace("spoilt");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    kubectl(
        "patch epdpool one-encoder -n " + ns + " --subresource=status --type=merge -p",
        "{\"status\":{\"readyReplicas\":5000000000}}");

    apply(ns, cluster("replicas: 2", "replicas: 1"));
    eventually(() -> assertReady(ns));
    assertThat(
            kubectl("get epdpool one-encoder -n " + ns + " -o", "jsonpath={.status.readyReplicas}"))
        .isEqualTo("2");
  }

  private static String scaledBy(String policy) {
    return "autoscaling: {maxReplicas: %d, policyRef: {name: %s}}".formatted(MOST, policy);
  }

  private static void policy(String ns, String name, String mode) {
    apply(
        ns,
        """
        apiVersion: epd.dev/v1alpha1
        kind: EPDAutoscalingPolicy
        metadata: {name: %s}
        spec: {mode: %s, behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}}
        """
            .formatted(name, mode));
  }

  private static void mode(String ns, String mode) {
    kubectl(
        "patch epdautoscalingpolicy p -n " + ns + " --type=merge -p",
        "{\"spec\":{\"mode\":\"%s\"}}".formatted(mode));
  }

  private static void strategy(String ns, String strategy) {
    kubectl(
        "patch epdcluster one -n " + ns + " --type=merge -p",
        "{\"spec\":{\"rollout\":{\"strategy\":\"%s\"}}}".formatted(strategy));
  }

  private static void encoderStrategy(String ns, String json) {
    kubectl(
        "patch epdpool one-encoder -n " + ns + " --type=merge -p",
        "{\"spec\":{\"clusterRollout\":{\"strategy\":%s}}}".formatted(json));
  }

  private static void scale(String ns, int encoders) {
    kubectl("scale epool/one-encoder -n " + ns, "--replicas=" + encoders);
  }

  private static void operatorIsReplaced() {
    operator.close();
    operator = new TestOperator(account, metrics.port());
  }

  private static String ready(String object, String ns) {
    return kubectl(
        "get " + object + " -n " + ns + " -o",
        "jsonpath={range .status.conditions[?(@.type==\"Ready\")]}{.status} {.reason} {.message}{end}");
  }

  private static String podNames(String ns) {
    return kubectl("get pods -n " + ns + " -o", "jsonpath={.items[*].metadata.name}");
  }

  private static String kubectl(String words, String last) {
    String[] all = (words + " ?").split(" ");
    all[all.length - 1] = last;
    return kube.kubectl(all).orThrow();
  }
}

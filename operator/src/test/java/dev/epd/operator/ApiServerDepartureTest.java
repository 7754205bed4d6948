package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.assertSettled;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.events;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pool;
import static dev.epd.operator.OperatorWorld.pools;
import static dev.epd.operator.OperatorWorld.versions;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Roles that come and go, and pods that should have gone. */
@ExtendWith(OperatorWorld.class)
class ApiServerDepartureTest {
  /**
   * A gateway of before that answers its last requests needs the stages that it was started with.
   */
  @ParameterizedTest
  @ValueSource(strings = {"shapes", "other"})
  void aRoleGoesWhenTheLastGatewayThatKnowsItHasGone(String path) throws Exception {
    String ns = namespace("leaves-" + path);
    apply(ns, cluster("shapes", "encoder: {replicas: 1}", "decode: {replicas: 1}", "{}"));
    eventually(() -> assertReady(ns));
    Pod before = gateways(ns).getFirst();
    placeOnADeadNode(ns, before);

    apply(ns, cluster(path, "encoder: {replicas: 1}", "", "{}"));
    eventually(
        () -> {
          assertThat(gateways(ns)).hasSize(2);
          assertThat(live(ns, before).getMetadata().getDeletionTimestamp()).isNotNull();
        });
    eventually(
        () -> {
          assertThat(condition(ns, "Ready").reason()).isEqualTo("RoleLeaving");
          assertThat(condition(ns, "Progressing").message()).contains("finish their requests: 1");
        });
    assertThat(gateways(ns))
        .filteredOn(Readiness::isPodReady)
        .anyMatch(
            p ->
                p.getSpec().getContainers().getFirst().getArgs().stream()
                    .anyMatch("--topology=encoder,prefill"::equals));
    Thread.sleep(2_000);
    assertThat(pools(ns)).containsKey("one-decode");
    assertThat(decodes(ns)).isNotEmpty().allMatch(Readiness::isPodReady);
    assertThat(policies(ns)).contains("one-decode").hasSize(4);

    end(before);
    eventually(() -> assertSettled(ns));
    assertThat(pools(ns)).doesNotContainKey("one-decode").hasSize(3);
    eventually(() -> assertThat(decodes(ns)).isEmpty());
    assertThat(policies(ns)).doesNotContain("one-decode").hasSize(3);
    assertThat(events(ns)).anyMatch(e -> e.startsWith("PoolDeleted removing pool one-decode"));
  }

  /** Its node is dead: nobody ends it, and it is not waited for longer than a minute. */
  @Test
  void aPodThatCannotEndHoldsUpNobodyForEver() {
    String ns = namespace("dead-node");
    String rollout = "{strategy: Recreate}\n  gateway: {drain: {timeout: 1s}}";
    apply(ns, cluster("shapes", "encoder: {replicas: 1}", "", rollout));
    eventually(() -> assertReady(ns));
    Pod gateway = gateways(ns).getFirst();
    placeOnADeadNode(ns, gateway);

    apply(ns, cluster("other", "encoder: {replicas: 1}", "", rollout));
    eventually(
        () -> {
          assertThat(live(ns, gateway).getMetadata().getDeletionTimestamp()).isNotNull();
          assertThat(condition(ns, "Progressing").message()).contains("Recreate");
        });
    eventually(() -> assertReady(ns));
    String name = gateway.getMetadata().getName();
    assertThat(live(ns, gateway)).as("it is still there").isNotNull();
    eventually(
        () -> {
          assertThat(condition(ns, "Degraded").status()).isEqualTo(Status.True);
          assertThat(condition(ns, "Degraded").reason()).isEqualTo("PodNotEnding");
          assertThat(condition(ns, "Degraded").message())
              .contains("pod " + name + " of node " + ns)
              .contains("kubectl delete pod " + name + " --force");
        });

    end(gateway);
    eventually(() -> assertSettled(ns));
    assertThat(condition(ns, "Degraded").status()).isEqualTo(Status.False);
  }

  /** Nothing can be made there any more, and what is left is nobody's to mend. */
  @Test
  void aNamespaceThatEndsIsLeftInPeace() throws Exception {
    String ns = namespace("ends");
    apply(ns, cluster("shapes", "encoder: {replicas: 1}", "decode: {replicas: 1}", "{}"));
    eventually(() -> assertReady(ns));
    ConfigMap held =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(ns)
            .withName("held")
            .withFinalizers("test.epd.dev/held")
            .endMetadata()
            .build();
    admin.resource(held).create();
    admin.namespaces().withName(ns).delete();
    eventually(() -> assertThat(versions(ns)).isEmpty());

    List<String> writes = OperatorWorld.WRITES.in(ns);
    Thread.sleep(5_000);
    assertThat(OperatorWorld.WRITES.in(ns)).isEqualTo(writes);

    admin
        .resource(held)
        .edit(
            map -> new ConfigMapBuilder(map).editMetadata().withFinalizers().endMetadata().build());
    eventually(() -> assertThat(admin.namespaces().withName(ns).get()).isNull());
  }

  /** A gateway sends the work of a role to nobody else, and its first pod may take minutes. */
  @Test
  void theGatewayLearnsOfARoleThatComesWhenItsPodsAreThere() {
    String ns = namespace("comes");
    apply(ns, cluster("shapes", "", "decode: {replicas: 1}", "{}"));
    eventually(() -> assertReady(ns));
    Pod before = gateways(ns).getFirst();

    String never = "encoder: {replicas: 1, runtime: {image: \"%s\"}}".formatted(FakeNode.NEVER);
    apply(ns, cluster("shapes", never, "decode: {replicas: 1}", "{}"));
    eventually(
        () -> {
          assertThat(of(ns, "encoder")).hasSize(1);
          assertThat(condition(ns, "EncoderReady").reason()).isEqualTo("PodsStarting");
          assertThat(Objects.requireNonNull(pool(ns, "gateway").getSpec().gateway()).topology())
              .containsExactly(Role.PREFILL, Role.DECODE);
        });
    assertThat(gateways(ns))
        .extracting(p -> p.getMetadata().getUid())
        .containsExactly(before.getMetadata().getUid());

    apply(ns, cluster("shapes", "encoder: {replicas: 1}", "decode: {replicas: 1}", "{}"));
    eventually(() -> assertSettled(ns));
    assertThat(gateways(ns))
        .singleElement()
        .satisfies(
            gateway ->
                assertThat(gateway.getSpec().getContainers().getFirst().getArgs())
                    .contains("--topology=encoder,prefill,decode"));
  }

  @Test
  void aRoleThatComesToAPausedClusterWaitsForTheEndOfThePause() throws Exception {
    String ns = namespace("comes-paused");
    apply(ns, cluster("shapes", "", "decode: {replicas: 1}", "{}"));
    eventually(() -> assertReady(ns));
    String key = key(gateways(ns).getFirst());

    String wanted =
        cluster("other", "encoder: {replicas: 1}", "decode: {replicas: 1}", "{paused: true}");
    apply(ns, wanted);
    eventually(
        () -> {
          assertThat(condition(ns, "EncoderReady").reason()).isEqualTo("RolloutPaused");
          assertThat(condition(ns, "Progressing").message()).contains("encoder");
        });
    Thread.sleep(2_000);
    assertThat(pods(ns, "encoder")).isZero();
    assertThat(admin.pods().inNamespace(ns).list().getItems()).allMatch(p -> key(p).equals(key));
    assertThat(condition(ns, "Available").status()).isEqualTo(Status.True);

    apply(ns, wanted.replace("{paused: true}", "{}"));
    eventually(() -> assertSettled(ns));
    assertThat(pods(ns, "encoder")).isEqualTo(1);
    assertThat(policies(ns)).hasSize(4);
  }

  /** Nobody ends what runs there: without a node a pod that is told to stop is gone at once. */
  private static void placeOnADeadNode(String ns, Pod pod) {
    admin.resource(new NodeBuilder().withNewMetadata().withName(ns).endMetadata().build()).create();
    admin
        .bindings()
        .inNamespace(ns)
        .resource(
            new BindingBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .endMetadata()
                .withNewTarget()
                .withKind("Node")
                .withName(ns)
                .endTarget()
                .build())
        .create();
  }

  private static void end(Pod pod) {
    admin.resource(pod).withGracePeriod(0).delete();
  }

  private static String key(Pod pod) {
    return pod.getMetadata().getLabels().getOrDefault("epd.dev/compatibility-key", "");
  }

  private static Pod live(String ns, Pod pod) {
    return Objects.requireNonNull(
        admin.pods().inNamespace(ns).withName(pod.getMetadata().getName()).get());
  }

  private static List<Pod> gateways(String ns) {
    return of(ns, "gateway");
  }

  private static List<Pod> decodes(String ns) {
    return of(ns, "decode");
  }

  private static List<Pod> of(String ns, String role) {
    return admin.pods().inNamespace(ns).withLabel("epd.dev/role", role).list().getItems();
  }

  private static List<String> policies(String ns) {
    return admin.network().v1().networkPolicies().inNamespace(ns).list().getItems().stream()
        .map(p -> p.getMetadata().getName())
        .toList();
  }

  private static String cluster(String path, String encoder, String decode, String rollout) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: one}
    spec:
      model: {name: shapes, source: {pvc: {claimName: models, path: %s}}}
      runtime: {image: "r:1"}
      prefill: {replicas: 1}
      %s
      %s
      rollout: %s
    """
        .formatted(path, encoder, decode, rollout);
  }
}

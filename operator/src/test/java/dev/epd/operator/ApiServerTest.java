package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.ROLES;
import static dev.epd.operator.OperatorWorld.WRITES;
import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertOwned;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.events;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pool;
import static dev.epd.operator.OperatorWorld.pools;
import static dev.epd.operator.OperatorWorld.replicas;
import static dev.epd.operator.OperatorWorld.scalePath;
import static dev.epd.operator.OperatorWorld.secret;
import static dev.epd.operator.OperatorWorld.versions;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.ScaleDecision;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** From a cluster to its pods, who owns their number, and the scaling loop. */
@ExtendWith(OperatorWorld.class)
class ApiServerTest {
  @Test
  void aClusterBecomesPodsIsQuietAndLeavesNothing() throws Exception {
    String ns = namespace("whole");
    apply(ns, cluster("replicas: 1", "replicas: 2"));

    eventually(() -> assertReady(ns));
    assertThat(pools(ns)).containsOnlyKeys(ROLES.stream().map(r -> "one-" + r).toList());
    EPDCluster cluster = admin.resources(EPDCluster.class).inNamespace(ns).withName("one").get();
    assertOwned(admin.services().inNamespace(ns).withName("one-gateway").get(), cluster);
    assertOwned(secret(ns), cluster);
    for (EPDPool pool : pools(ns).values()) {
      assertOwned(pool, cluster);
      var deployments =
          admin
              .apps()
              .deployments()
              .inNamespace(ns)
              .withLabel("epd.dev/role", pool.getSpec().role().value())
              .list()
              .getItems();
      assertThat(deployments).hasSize(1);
      assertOwned(deployments.getFirst(), pool);
      assertOwned(
          admin.serviceAccounts().inNamespace(ns).withName(pool.getMetadata().getName()).get(),
          pool);
    }
    assertThat(admin.network().v1().networkPolicies().inNamespace(ns).list().getItems())
        .hasSize(4)
        .allSatisfy(policy -> assertOwned(policy, cluster));
    assertThat(admin.policy().v1().podDisruptionBudget().inNamespace(ns).list().getItems())
        .hasSize(4);
    assertThat(
            admin
                .apps()
                .controllerRevisions()
                .inNamespace(ns)
                .withLabel("epd.dev/role")
                .list()
                .getItems())
        .hasSize(4)
        .allSatisfy(
            revision -> {
              // What was kept can be read back: a pod template.
              JsonNode data = Serialization.jsonMapper().valueToTree(revision.getData());
              assertThat(data.at("/spec/template/spec/containers/0/name").asText())
                  .isEqualTo("main");
            });
    assertThat(Base64.getDecoder().decode(secret(ns).getData().get("key"))).hasSize(32);
    assertThat(kube.kubectl("get", "epd", "-n", ns).orThrow())
        .contains("ENCODER")
        .containsPattern("one\\s+True\\s+1/1\\s+2/2\\s+1/1");
    assertThat(kube.kubectl("get", "epool", "-n", ns).orThrow())
        .containsPattern("one-prefill\\s+prefill\\s+2\\s+2\\s+Cluster\\s+PoolReady");
    assertThat(kube.kubectl("get", "--raw", scalePath(ns, "prefill")).orThrow())
        .contains("\"replicas\":2")
        .contains("epd.dev/role=prefill");

    Map<String, String> before = versions(ns);
    List<String> writes = WRITES.in(ns);
    assertThat(writes).isNotEmpty();
    Thread.sleep(10_000);
    assertThat(versions(ns)).isEqualTo(before);
    assertThat(WRITES.in(ns)).isEqualTo(writes);

    // Each of these makes the operator look again, and there is nothing to do. (Not Deployments:
    // any change of one is a new generation, not ready until its controller has looked.)
    for (String kind : List.of("epd", "epool", "svc", "sa", "pdb", "netpol", "role")) {
      kube.kubectl("annotate", kind, "--all", "-n", ns, "somebody.else/looked=true").orThrow();
    }
    kube.kubectl("label", "pods", "--all", "-n", ns, "somebody.else/looked=true").orThrow();
    Thread.sleep(5_000);
    assertThat(WRITES.in(ns)).as("a look that finds all well writes nothing").isEqualTo(writes);
    kube.kubectl("set", "image", "deploy", "--all", "main=other", "-n", ns).orThrow();
    eventually(
        () ->
            assertThat(admin.apps().deployments().inNamespace(ns).list().getItems())
                .allSatisfy(d -> assertThat(imageOf(d)).isNotEqualTo("other")));

    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
    eventually(() -> assertThat(versions(ns)).isEmpty());
  }

  @Test
  void theClusterOwnsReplicasThatItsSpecNames() {
    String ns = namespace("owned");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertThat(replicas(ns, "decode")).isEqualTo(1));
    eventually(() -> assertReady(ns));

    kube.kubectl("scale", "epool/one-decode", "--replicas=4", "-n", ns).orThrow();
    eventually(
        () ->
            assertThat(events(ns))
                .anyMatch(
                    e -> e.contains("ReplicasPutBack") && e.contains("spec.decode.replicas")));
    eventually(() -> assertThat(replicas(ns, "decode")).isEqualTo(1));

    apply(ns, cluster("replicas: 3", "replicas: 1"));
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
  }

  @Test
  void withoutAnOwnerInTheSpecAnybodyScales() {
    String ns = namespace("free");
    apply(ns, cluster("resources: {}", "replicas: 1"));
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(1));
    eventually(() -> assertReady(ns));

    kube.kubectl("scale", "epool/one-encoder", "--replicas=3", "-n", ns).orThrow();
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
    // A later change of the spec leaves the number alone.
    apply(ns, cluster("resources: {}", "replicas: 2"));
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(2));
    assertThat(replicas(ns, "encoder")).isEqualTo(3);

    // A new owner of the number starts from it.
    apply(ns, cluster("replicas: 2", "replicas: 2"));
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(2));
  }

  @Test
  void aRoleThatLeavesTheSpecTakesItsPoolAlong() {
    String ns = namespace("fewer");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertThat(pools(ns)).hasSize(4));
    eventually(() -> assertThat(secret(ns)).isNotNull());
    String key = secret(ns).getData().get("key");

    kube.kubectl(
            "patch",
            "epd",
            "one",
            "-n",
            ns,
            "--type=json",
            "-p=[{\"op\":\"remove\",\"path\":\"/spec/encoder\"}]")
        .orThrow();
    eventually(() -> assertThat(pools(ns)).doesNotContainKey("one-encoder"));
    eventually(() -> assertThat(pods(ns, "encoder")).isZero());
    assertThat(secret(ns).getData()).containsEntry("key", key);
    assertThat(pools(ns)).hasSize(3);
  }

  @Test
  void aStrangersObjectIsNotTakenOver() {
    String ns = namespace("taken");
    kube.kubectl("create", "service", "clusterip", "one-gateway", "--tcp=1:1", "-n", ns).orThrow();
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertThat(condition(ns, "Ready").reason()).isEqualTo("NameConflict"));
    assertThat(admin.services().inNamespace(ns).withName("one-gateway").get().getSpec().getPorts())
        .extracting(p -> p.getPort())
        .containsExactly(1);

    admin.services().inNamespace(ns).withName("one-gateway").delete();
    eventually(() -> assertReady(ns));
  }

  @Test
  void aStrangersSigningKeyIsNotMissedWhenItGoes() {
    String ns = namespace("keyless");
    kube.kubectl("create", "secret", "generic", "one-signing-key", "-n", ns).orThrow();
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertThat(condition(ns, "Ready").reason()).isEqualTo("NameConflict"));

    admin.secrets().inNamespace(ns).withName("one-signing-key").delete();
    eventually(() -> assertReady(ns));
    assertThat(secret(ns).getData()).containsOnlyKeys("key");
  }

  @Test
  void aClusterMayBeDeletedWithoutItsChildren() {
    String ns = namespace("orphaned");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));

    kube.kubectl("label", "controllerrevisions", "--all", "team=a", "-n", ns).orThrow();
    kube.kubectl("delete", "epd", "one", "--cascade=orphan", "--timeout=60s", "-n", ns).orThrow();
    assertThat(pools(ns)).hasSize(ROLES.size());
  }

  @Test
  void anObjectThatHasLostItsOwnerIsNamedAsAStrangers() {
    String ns = namespace("disowned");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    List<HasMetadata> taken =
        List.of(
            admin.services().inNamespace(ns).withName("one-gateway").get(), pool(ns, "encoder"));
    for (HasMetadata object : taken) {
      String owners = Serialization.asJson(object.getMetadata().getOwnerReferences());
      owners(object, "[]");
      eventually(() -> assertThat(condition(ns, "Ready").reason()).isEqualTo("NameConflict"));
      assertThat(condition(ns, "Ready").message()).contains(object.getMetadata().getName());
      owners(object, owners);
      eventually(() -> assertReady(ns));
    }
  }

  private static void owners(HasMetadata object, String owners) {
    admin
        .resource(object)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"ownerReferences\":%s}}".formatted(owners));
  }

  @Test
  void theScalingLoopFollowsTheGatewaysMetrics() {
    String ns = namespace("scaled");
    metrics.load(0, 0);
    apply(
        ns,
        cluster(
            "autoscaling: {minReplicas: 1, maxReplicas: 3, policyRef: {name: quick}}",
            "replicas: 1"));
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("PolicyMissing"));
    apply(
        ns,
        """
        apiVersion: epd.dev/v1alpha1
        kind: EPDAutoscalingPolicy
        metadata: {name: quick}
        spec: {behavior: {interval: 200ms, scaleDown: {idleTime: 2s}}}
        """);
    eventually(() -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("Scaling"));
    assertThat(replicas(ns, "encoder")).isEqualTo(1);

    metrics.load(2800, 6000);
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
    eventually(
        () -> {
          EPDPoolStatus status = requireNonNull(pool(ns, "encoder").getStatus());
          ScaleDecision last = requireNonNull(status.lastDecision());
          assertThat(last.to()).isEqualTo(3);
          assertThat(last.inputs()).containsKey("queuedPatches");
          assertThat(requireNonNull(status.scaler()).patchesPerSecondPerReplica()).isPositive();
        });
    assertThat(events(ns)).anyMatch(e -> e.startsWith("Scaled") && e.contains("to 3 replicas"));

    metrics.silent(true);
    metrics.load(0, 0);
    eventually(
        () -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("MetricsMissing"));
    assertThat(replicas(ns, "encoder")).isEqualTo(3);

    metrics.silent(false);
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(1));
    eventually(() -> assertThat(condition(ns, "AutoscalingActive").reason()).isEqualTo("Scaling"));

    kube.kubectl("scale", "epool/one-encoder", "--replicas=2", "-n", ns).orThrow();
    eventually(
        () ->
            assertThat(events(ns))
                .anyMatch(e -> e.startsWith("ReplicasPutBack") && e.contains("autoscaler owns")));
    eventually(() -> assertThat(replicas(ns, "encoder")).isEqualTo(1));
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  private static String imageOf(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }
}

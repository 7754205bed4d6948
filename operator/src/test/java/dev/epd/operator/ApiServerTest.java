package dev.epd.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The reconcilers and the scaling loop against a real API server and controller manager, with the
 * rights of config/operator and no more; pods are faked ready.
 */
class ApiServerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String ADDRESS = "127.83.0.1";
  private static final Set<String> ROLES = Set.of("gateway", "encoder", "prefill", "decode");

  private static final WriteLog WRITES = new WriteLog();

  private static ControlPlane kube;
  private static KubernetesClient admin;
  private static KubernetesClient account;
  private static FakeNode node;
  private static FakeMetrics metrics;
  private static TestOperator operator;

  @BeforeAll
  static void start() throws IOException {
    kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
    admin = kube.client();
    kube.kubectl("apply", "-f", root("crds")).orThrow();
    kube.kubectl("apply", "-f", root("config/operator")).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
    node = new FakeNode(admin, ADDRESS);
    metrics = new FakeMetrics(ADDRESS);
    account = WRITES.client(kube.kubeconfigFor("epd-system", "epd-operator"));
    operator = new TestOperator(account, metrics.port());
  }

  @AfterAll
  static void stop() {
    for (AutoCloseable part :
        Stream.of(operator, account, metrics, node, kube).filter(p -> p != null).toList()) {
      try {
        part.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

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

    // Each of these makes the operator look again, and there is nothing to do.
    for (String kind : List.of("epd", "epool", "deploy", "svc", "sa", "pdb", "netpol", "role")) {
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
  void budgetsAndNetworkPoliciesGoWhenTheSpecWantsNone() {
    String ns = namespace("unguarded");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    assertThat(guards(ns)).contains("NetworkPolicy/one-decode", "PodDisruptionBudget/one-prefill");

    apply(
        ns,
        cluster("replicas: 1", "replicas: 1, disruption: {budget: None}")
            + "  network: {policy: None}\n");
    eventually(
        () ->
            assertThat(guards(ns))
                .doesNotContain("PodDisruptionBudget/one-prefill")
                .contains("PodDisruptionBudget/one-decode")
                .noneMatch(g -> g.startsWith("NetworkPolicy")));
    eventually(() -> assertReady(ns));

    // And they come back.
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(
        () ->
            assertThat(guards(ns))
                .contains("NetworkPolicy/one-decode", "PodDisruptionBudget/one-prefill"));
  }

  @Test
  void aSuspendedClusterKeepsItsObjectsAndComesBack() {
    String ns = namespace("suspended");
    apply(ns, cluster("resources: {}", "replicas: 2"));
    eventually(() -> assertReady(ns));
    kube.kubectl("scale", "epool/one-encoder", "--replicas=3", "-n", ns).orThrow();
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
    eventually(() -> assertReady(ns));

    patch(ns, "{\"spec\":{\"suspend\":true}}");
    eventually(
        () -> {
          for (String role : ROLES) {
            assertThat(pods(ns, role)).as(role).isZero();
          }
        });
    assertThat(condition(ns, "Ready").reason()).isEqualTo("Suspended");
    assertThat(pools(ns)).hasSize(4);
    assertThat(replicas(ns, "encoder")).isEqualTo(3);

    patch(ns, "{\"spec\":{\"suspend\":false}}");
    eventually(() -> assertReady(ns));
    assertThat(pods(ns, "encoder")).isEqualTo(3);
    assertThat(pods(ns, "prefill")).isEqualTo(2);
  }

  private static void patch(String ns, String merge) {
    kube.kubectl("patch", "epd", "one", "-n", ns, "--type=merge", "-p=" + merge).orThrow();
  }

  @Test
  void theOperatorsOwnPodIsAdmittedUnderRestricted() {
    eventually(
        () -> assertThat(admin.pods().inNamespace("epd-system").list().getItems()).isNotEmpty());
  }

  private static Set<String> guards(String ns) {
    return versions(ns).keySet().stream()
        .filter(o -> o.startsWith("NetworkPolicy") || o.startsWith("PodDisruptionBudget"))
        .collect(Collectors.toSet());
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

  private static String cluster(String encoder, String prefill) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: one}
    spec:
      model: {name: shapes, source: {pvc: {claimName: models, path: shapes}}}
      runtime: {image: epd.dev/runtime:dev}
      encoder: {%s}
      prefill: {%s}
      decode: {replicas: 1}
    """
        .formatted(encoder, prefill);
  }

  private static String namespace(String name) {
    admin
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    apply(
        name,
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: models}
        spec: {storageClassName: "", accessModes: [ReadOnlyMany], resources: {requests: {storage: 1Gi}}, volumeName: models-%1$s}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: models-%1$s}
        spec: {storageClassName: "", capacity: {storage: 1Gi}, accessModes: [ReadOnlyMany], hostPath: {path: /models}}
        """
            .formatted(name));
    return name;
  }

  private static void apply(String namespace, String yaml) {
    try {
      Path file = Files.createTempFile(kube.stateDir(), "manifest", ".yaml");
      Files.writeString(file, yaml);
      kube.kubectl("apply", "-n", namespace, "-f", file.toString()).orThrow();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void eventually(ThrowingRunnable assertion) {
    try {
      await()
          .ignoreExceptions()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .untilAsserted(assertion);
    } catch (ConditionTimeoutException e) {
      String world = kube.kubectl("get", "epd,epool,deploy,pods", "-A", "-o", "wide").orThrow();
      throw new AssertionError(e.getMessage() + "\n" + world, e);
    }
  }

  private static String imageOf(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  private static Map<String, EPDPool> pools(String ns) {
    return admin.resources(EPDPool.class).inNamespace(ns).list().getItems().stream()
        .collect(Collectors.toMap(p -> p.getMetadata().getName(), p -> p));
  }

  private static int replicas(String ns, String role) {
    return pool(ns, role).getSpec().replicasOrDefault();
  }

  private static EPDPool pool(String ns, String role) {
    return requireNonNull(pools(ns).get("one-" + role), role);
  }

  private static int pods(String ns, String role) {
    return admin.pods().inNamespace(ns).withLabel("epd.dev/role", role).list().getItems().size();
  }

  private static void assertReady(String ns) {
    Condition ready = condition(ns, "Ready");
    assertThat(ready.status()).as(ready.toString()).isEqualTo(Condition.Status.True);
  }

  private static Condition condition(String ns, String type) {
    EPDCluster cluster = admin.resources(EPDCluster.class).inNamespace(ns).withName("one").get();
    assertThat(cluster.getStatus()).isNotNull();
    List<Condition> found =
        cluster.getStatus().conditions().stream().filter(c -> c.type().equals(type)).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  private static Secret secret(String ns) {
    return admin.secrets().inNamespace(ns).withName("one-signing-key").get();
  }

  private static List<String> events(String ns) {
    return admin.v1().events().inNamespace(ns).list().getItems().stream()
        .map(e -> e.getReason() + " " + e.getMessage())
        .toList();
  }

  private static void assertOwned(HasMetadata child, HasMetadata owner) {
    assertThat(child).isNotNull();
    assertThat(child.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(
            ref -> {
              assertThat(ref.getUid()).isEqualTo(owner.getMetadata().getUid());
              assertThat(ref)
                  .extracting(OwnerReference::getController, OwnerReference::getBlockOwnerDeletion)
                  .containsExactly(true, true);
            });
  }

  /** Every object of ours in a namespace with its resource version. */
  private static Map<String, String> versions(String ns) {
    List<HasMetadata> all = new ArrayList<>();
    all.addAll(admin.resources(EPDCluster.class).inNamespace(ns).list().getItems());
    all.addAll(admin.resources(EPDPool.class).inNamespace(ns).list().getItems());
    all.addAll(admin.apps().deployments().inNamespace(ns).list().getItems());
    all.addAll(admin.apps().replicaSets().inNamespace(ns).list().getItems());
    all.addAll(admin.pods().inNamespace(ns).list().getItems());
    all.addAll(admin.network().v1().networkPolicies().inNamespace(ns).list().getItems());
    all.addAll(admin.policy().v1().podDisruptionBudget().inNamespace(ns).list().getItems());
    all.addAll(admin.services().inNamespace(ns).list().getItems());
    all.addAll(admin.secrets().inNamespace(ns).list().getItems());
    all.addAll(admin.rbac().roles().inNamespace(ns).list().getItems());
    all.addAll(admin.rbac().roleBindings().inNamespace(ns).list().getItems());
    all.addAll(
        admin.serviceAccounts().inNamespace(ns).withLabel("epd.dev/cluster").list().getItems());
    Map<String, String> versions = new TreeMap<>();
    for (HasMetadata object : all) {
      versions.put(
          object.getKind() + "/" + object.getMetadata().getName(),
          object.getMetadata().getResourceVersion());
    }
    return versions;
  }

  private static String scalePath(String ns, String role) {
    return "/apis/epd.dev/v1alpha1/namespaces/" + ns + "/epdpools/one-" + role + "/scale";
  }

  private static String root(String path) {
    return Path.of("..").resolve(path).toAbsolutePath().normalize().toString();
  }
}

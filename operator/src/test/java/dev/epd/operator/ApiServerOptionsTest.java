package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.ROLES;
import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.assertSettled;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pool;
import static dev.epd.operator.OperatorWorld.pools;
import static dev.epd.operator.OperatorWorld.replicas;
import static dev.epd.operator.OperatorWorld.versions;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.ReplicasOwner;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a spec may say beside its pools, and what it says when the API server says no. */
@ExtendWith(OperatorWorld.class)
class ApiServerOptionsTest {
  /** From the cluster to a HorizontalPodAutoscaler and back: not one pod is made or ended. */
  @Test
  void theNumberIsHandedToAnHpaAndBack() {
    String ns = namespace("hpa");
    apply(ns, cluster("replicas: 2", "replicas: 1"));
    eventually(() -> assertReady(ns));
    Set<String> before = podUids(ns);
    assertThat(before).hasSize(5);

    apply(ns, cluster("resources: {}", "replicas: 1"));
    eventually(
        () ->
            assertThat(pool(ns, "encoder").getSpec().replicasOwner())
                .isEqualTo(ReplicasOwner.External));
    apply(ns, hpa(2));
    eventually(() -> assertThat(hpaSees(ns)).isEqualTo("2"));
    eventually(() -> assertReady(ns));
    assertThat(podUids(ns)).isEqualTo(before);

    apply(ns, hpa(3));
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(3));
    Set<String> grown = podUids(ns);
    assertThat(grown).containsAll(before);

    kube.kubectl("delete", "hpa", "encoder", "-n", ns).orThrow();
    apply(ns, cluster("replicas: 3", "replicas: 1"));
    eventually(
        () ->
            assertThat(pool(ns, "encoder").getSpec().replicasOwner())
                .isEqualTo(ReplicasOwner.Cluster));
    eventually(() -> assertReady(ns));
    assertThat(podUids(ns)).isEqualTo(grown);
  }

  /** Whoever waits for Ready after a change must not be told of the spec before it. */
  @Test
  void readyIsNeverSaidOfASpecThatIsNotCarriedOut() throws Exception {
    String ns = namespace("honest");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    java.util.List<String> lies = new java.util.concurrent.CopyOnWriteArrayList<>();
    var clusters =
        admin.resources(dev.epd.api.v1alpha1.EPDCluster.class).inNamespace(ns).withName("one");
    try (var watch = clusters.watch(new Honest(ns, lies))) {
      assertThat(watch).isNotNull();
      for (int i = 1; i <= 5; i++) {
        apply(ns, cluster("replicas: 1", "replicas: 1, runtime: {image: \"r:%d\"}".formatted(i)));
        String image = "r:" + i;
        eventually(() -> assertThat(imageOf(ns)).isEqualTo(image));
        eventually(() -> assertReady(ns));
      }
    }
    assertThat(lies).isEmpty();
  }

  /** The API server leaves out what is empty and writes amounts its own way. */
  @Test
  void whatTheApiServerWritesOtherwiseIsNotWrittenAgainAndAgain() throws InterruptedException {
    String ns = namespace("rewritten");
    apply(
        ns,
        cluster(
            "replicas: 1, runtime: {env: [{name: EMPTY, value: \"\"}]},"
                + " placement: {tolerations: [{key: a, operator: Equal, value: \"\"}]}",
            "replicas: 1, template: {spec: {hostNetwork: false, volumes: [{name: more,"
                + " emptyDir: {sizeLimit: 2048Mi}}]}}"));
    eventually(() -> assertSettled(ns));
    java.util.List<String> before;
    java.util.List<String> after = OperatorWorld.WRITES.in(ns);
    int looks = 0;
    do {
      before = after;
      Thread.sleep(5_000);
      after = OperatorWorld.WRITES.in(ns);
    } while (!after.equals(before) && ++looks < 6);
    assertThat(after).as("in the end five seconds without a write").isEqualTo(before);
  }

  private static String imageOf(String ns) {
    return admin
        .apps()
        .deployments()
        .inNamespace(ns)
        .withLabel("epd.dev/role", "prefill")
        .list()
        .getItems()
        .getFirst()
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
  }

  /** Compares what stands when Ready is said with what the spec of that moment asks for. */
  private record Honest(String ns, java.util.List<String> lies)
      implements io.fabric8.kubernetes.client.Watcher<dev.epd.api.v1alpha1.EPDCluster> {
    @Override
    public void eventReceived(Action action, dev.epd.api.v1alpha1.EPDCluster cluster) {
      var override = cluster.getSpec().prefill().runtime();
      var status = cluster.getStatus();
      boolean isReady =
          status != null
              && status.conditions().stream()
                  .anyMatch(
                      c ->
                          c.type().equals("Ready")
                              && c.status() == dev.epd.api.v1alpha1.Condition.Status.True
                              && java.util.Objects.equals(
                                  c.observedGeneration(), cluster.getMetadata().getGeneration()));
      if (isReady
          && override != null
          && number(imageOf(ns)) < number(String.valueOf(override.image()))) {
        lies.add("Ready with " + imageOf(ns) + " instead of " + override.image());
      }
    }

    /** By when the next spec may be there already, the one before must not be any more. */
    private static int number(String image) {
      return image.startsWith("r:") ? Integer.parseInt(image.substring(2)) : 0;
    }

    @Override
    public void onClose(io.fabric8.kubernetes.client.WatcherException cause) {}
  }

  /** A list has one owner as a whole: what an item loses must be gone from the pods too. */
  @Test
  void aFieldThatAListsItemLosesIsGone() {
    String ns = namespace("loses");
    apply(
        ns,
        cluster(
            "replicas: 1, placement: {tolerations: [{key: gpu, operator: Exists}]}",
            "replicas: 1"));
    eventually(() -> assertReady(ns));
    assertThat(toleratedKeys(ns)).containsExactly("gpu");

    apply(
        ns, cluster("replicas: 1, placement: {tolerations: [{operator: Exists}]}", "replicas: 1"));
    eventually(() -> assertThat(toleratedKeys(ns)).containsExactly((String) null));
    eventually(() -> assertReady(ns));
  }

  private static java.util.List<String> toleratedKeys(String ns) {
    return admin
        .apps()
        .deployments()
        .inNamespace(ns)
        .withLabel("epd.dev/role", "encoder")
        .list()
        .getItems()
        .stream()
        .flatMap(d -> d.getSpec().getTemplate().getSpec().getTolerations().stream())
        .map(io.fabric8.kubernetes.api.model.Toleration::getKey)
        .toList();
  }

  private static String hpa(int min) {
    return """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: encoder}
    spec:
      scaleTargetRef: {apiVersion: epd.dev/v1alpha1, kind: EPDPool, name: one-encoder}
      minReplicas: %d
      maxReplicas: 6
      metrics:
        - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
    """
        .formatted(min);
  }

  private static String hpaSees(String ns) {
    return kube.kubectl(
            "get", "hpa", "encoder", "-n", ns, "-o", "jsonpath={.status.currentReplicas}")
        .orThrow();
  }

  private static Set<String> podUids(String ns) {
    return admin.pods().inNamespace(ns).list().getItems().stream()
        .map(p -> p.getMetadata().getUid())
        .collect(Collectors.toSet());
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
    eventually(() -> assertSettled(ns));

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

  @Test
  void whatTheApiServerRefusesIsACondition() {
    String ns = namespace("refused");
    apply(
        ns,
        cluster("replicas: 1", "replicas: 1, placement: {nodeSelector: {\"not a label\": \"x\"}}"));
    eventually(
        () -> {
          assertThat(condition(ns, "PrefillReady").reason()).isEqualTo("ObjectRefused");
          assertThat(condition(ns, "Ready").message()).contains("not a label");
        });
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
  }

  @Test
  void aQuotaThatIsUsedUpIsNamed() {
    String ns = namespace("quota");
    apply(
        ns,
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: small}
        spec: {hard: {pods: "2"}}
        """);
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(
        () -> {
          assertThat(condition(ns, "Ready").reason()).isEqualTo("QuotaExceeded");
          assertThat(condition(ns, "CapacityLimited").reason()).isEqualTo("QuotaExceeded");
          assertThat(condition(ns, "CapacityLimited").message()).contains("Raise the quota");
        });
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
}

package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clusters on a node with few GPUs, placed by Kubernetes' own scheduler. */
class ApiServerGpuTest {
  private static final int GPUS = 6;
  private static final String ADDRESS = "127.83.0.3";

  private static ControlPlane kube;
  private static KubernetesClient admin;
  private static KubernetesClient account;
  private static GpuNode node;
  private static FakeMetrics metrics;
  private static TestOperator operator;

  @BeforeAll
  static void start() throws IOException {
    kube = ControlPlane.start(ControlPlaneConfig.defaults());
    admin = kube.client();
    kube.kubectl("apply", "-f", OperatorWorld.root("crds")).orThrow();
    kube.kubectl("apply", "-f", OperatorWorld.root("config/operator")).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
    node = new GpuNode(admin, ADDRESS, GPUS);
    metrics = new FakeMetrics(ADDRESS);
    account = new WriteLog().client(kube.kubeconfigFor("epd-system", "epd-operator"));
    operator = new TestOperator(account, metrics.port());
  }

  @AfterAll
  static void stop() throws Exception {
    operator.close();
    account.close();
    metrics.close();
    node.close();
    kube.close();
  }

  /** The old set serves on, the status names the way out, and that way leads out. */
  @Test
  void aNewKeyThatFindsNoRoomSaysSoAndRecreateMakesIt() {
    String ns = OperatorWorld.namespace(kube, "no-room");
    String rollout = "rollout: {progressDeadline: 30s}";
    apply(ns, cluster("first", "decode: {replicas: 4, %s}".formatted(gpu(1)), rollout));
    eventually(() -> assertThat(condition(ns, "Ready").status()).isEqualTo(Status.True));
    String old = key(ns, "gateway");

    apply(ns, cluster("second", "decode: {replicas: 4, %s}".formatted(gpu(1)), rollout));
    eventually(
        () -> {
          assertThat(condition(ns, "Degraded").status()).isEqualTo(Status.True);
          assertThat(condition(ns, "Degraded").reason()).isEqualTo("Unschedulable");
          assertThat(condition(ns, "Degraded").message()).contains("Insufficient nvidia.com/gpu");
          assertThat(condition(ns, "Progressing").reason()).isEqualTo("ProgressDeadlineExceeded");
          assertThat(condition(ns, "Progressing").message())
              .startsWith("decode: ")
              .contains("set spec.rollout.strategy of EPDCluster one to Recreate");
          assertThat(condition(ns, "RolloutCoherent").reason()).isEqualTo("TwoSets");
        });
    assertThat(key(ns, "gateway")).as("the old set serves").isEqualTo(old);
    assertThat(ready(ns, "decode", old)).isEqualTo(4);

    apply(
        ns,
        cluster(
            "second",
            "decode: {replicas: 4, %s}".formatted(gpu(1)),
            "rollout: {strategy: Recreate}"));
    eventually(
        () -> assertThat(condition(ns, "Progressing").reason()).isEqualTo("RolloutComplete"));
    assertThat(condition(ns, "Ready").status()).isEqualTo(Status.True);
    assertThat(key(ns, "gateway")).isNotEqualTo(old);
    assertThat(ready(ns, "decode", key(ns, "gateway"))).isEqualTo(4);
    clear(ns);
  }

  /** Whoever scales, and whatever is rolled meanwhile. */
  @Test
  void neverMoreGpusThanTheBudget() {
    String ns = OperatorWorld.namespace(kube, "budget");
    String budget = "scaling: {maxGPUs: 4}";
    AtomicInteger most = new AtomicInteger();
    try (var watch = admin.apps().replicaSets().inNamespace(ns).watch(new Asked(most))) {
      assertThat(watch).isNotNull();
      apply(ns, cluster("first", "decode: {%s}".formatted(gpu(1)), budget));
      eventually(() -> assertThat(condition(ns, "Ready").status()).isEqualTo(Status.True));
      scale(ns, "decode", 9);
      eventually(() -> assertThat(pool(ns, "encoder").getSpec().maxReplicas()).isEqualTo(1));
      scale(ns, "encoder", 9);
      eventually(() -> assertThat(gpuPods(ns)).isEqualTo(4));
      eventually(() -> assertThat(condition(ns, "CapacityLimited").reason()).isEqualTo("MaxGPUs"));

      String rolled = "decode: {%s, runtime: {env: [{name: A, value: b}]}}".formatted(gpu(1));
      apply(ns, cluster("first", rolled, budget));
      eventually(
          () -> {
            assertThat(rolled(ns)).isEqualTo(3);
            assertThat(gpuPods(ns)).isEqualTo(4);
          });
    }
    assertThat(most).hasValue(4);
    clear(ns);
  }

  private static EPDPool pool(String ns, String role) {
    return admin.resources(EPDPool.class).inNamespace(ns).withName("one-" + role).get();
  }

  /**
   * How many pods with a GPU the ReplicaSets ask for at once. The Deployment controller takes from
   * one before it gives to another; whose pods go and come then is nobody's order.
   */
  private record Asked(AtomicInteger most, Map<String, Integer> sets)
      implements Watcher<ReplicaSet> {
    Asked(AtomicInteger most) {
      this(most, new ConcurrentHashMap<>());
    }

    @Override
    public void eventReceived(Action action, ReplicaSet set) {
      boolean asks = action != Action.DELETED && asksForGpu(set.getSpec().getTemplate().getSpec());
      sets.put(set.getMetadata().getUid(), asks ? set.getSpec().getReplicas() : 0);
      most.accumulateAndGet(sets.values().stream().mapToInt(n -> n).sum(), Math::max);
    }

    @Override
    public void onClose(WatcherException cause) {}
  }

  private static boolean asksForGpu(PodSpec pod) {
    return pod.getContainers().getFirst().getResources().getLimits().containsKey(GpuNode.GPU);
  }

  private static String gpu(int count) {
    return "resources: {gpu: {count: %d}}".formatted(count);
  }

  private static String cluster(String path, String decode, String more) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: one}
    spec:
      model: {name: m, source: {pvc: {claimName: models, path: %s}}}
      runtime: {image: r:1}
      encoder: {%s}
      prefill: {replicas: 1}
      %s
      %s
    """
        .formatted(path, gpu(1), decode, more);
  }

  private static int gpuPods(String ns) {
    return (int)
        admin.pods().inNamespace(ns).list().getItems().stream()
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
            .filter(pod -> asksForGpu(pod.getSpec()))
            .count();
  }

  private static int rolled(String ns) {
    return (int)
        admin.pods().inNamespace(ns).withLabel("epd.dev/role", "decode").list().getItems().stream()
            .filter(Readiness::isPodReady)
            .filter(
                pod ->
                    pod.getSpec().getContainers().getFirst().getEnv().stream()
                        .anyMatch(env -> env.getName().equals("A")))
            .count();
  }

  private static long ready(String ns, String role, String key) {
    return admin
        .pods()
        .inNamespace(ns)
        .withLabel("epd.dev/role", role)
        .withLabel("epd.dev/compatibility-key", key)
        .list()
        .getItems()
        .stream()
        .filter(Readiness::isPodReady)
        .count();
  }

  /** The key of the role's one ready pod. */
  private static String key(String ns, String role) {
    return admin.pods().inNamespace(ns).withLabel("epd.dev/role", role).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(Readiness::isPodReady)
        .map(pod -> pod.getMetadata().getLabels().get("epd.dev/compatibility-key"))
        .reduce("", String::concat);
  }

  private static Condition condition(String ns, String type) {
    EPDCluster cluster = admin.resources(EPDCluster.class).inNamespace(ns).withName("one").get();
    return cluster.getStatus().conditions().stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .orElseThrow();
  }

  private static void scale(String ns, String role, int replicas) {
    kube.kubectl("scale", "epool/one-" + role, "--replicas=" + replicas, "-n", ns).orThrow();
  }

  /** The node is everybody's. */
  private static void clear(String ns) {
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
    eventually(() -> assertThat(admin.pods().inNamespace(ns).list().getItems()).isEmpty());
  }

  private static void apply(String ns, String yaml) {
    OperatorWorld.apply(kube, ns, yaml);
  }

  private static void eventually(ThrowingRunnable assertion) {
    await()
        .ignoreExceptions()
        .atMost(OperatorWorld.PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(assertion);
  }
}

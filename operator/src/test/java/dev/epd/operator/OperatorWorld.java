package dev.epd.operator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real API server and controller manager, and the reconcilers and the scaling loop with the
 * rights of config/operator and no more; pods are faked ready. Started once for all tests, which
 * keep to a namespace each.
 */
final class OperatorWorld implements BeforeAllCallback {
  static final Duration PATIENCE = Duration.ofSeconds(90);
  static final String ADDRESS = "127.83.0.1";
  static final Set<String> ROLES = Set.of("gateway", "encoder", "prefill", "decode");

  static final WriteLog WRITES = new WriteLog();

  @SuppressWarnings("NullAway.Init")
  static ControlPlane kube;

  @SuppressWarnings("NullAway.Init")
  static KubernetesClient admin;

  @SuppressWarnings("NullAway.Init")
  static KubernetesClient account;

  @SuppressWarnings("NullAway.Init")
  static FakeNode node;

  @SuppressWarnings("NullAway.Init")
  static FakeMetrics metrics;

  @SuppressWarnings("NullAway.Init")
  static TestOperator operator;

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .computeIfAbsent(OperatorWorld.class, key -> started(), AutoCloseable.class);
  }

  private static AutoCloseable started() {
    try {
      start();
      return OperatorWorld::stop;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void start() throws IOException {
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

  private static void stop() {
    for (AutoCloseable part :
        Stream.of(operator, account, metrics, node, kube).filter(p -> p != null).toList()) {
      try {
        part.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  static String cluster(String encoder, String prefill) {
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

  static String namespace(String name) {
    return namespace(kube, name);
  }

  /** A namespace with the claim of the models. */
  static String namespace(ControlPlane kube, String name) {
    kube.client()
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    apply(
        kube,
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

  static void apply(String namespace, String yaml) {
    apply(kube, namespace, yaml);
  }

  static void apply(ControlPlane kube, String namespace, String yaml) {
    try {
      Path file = Files.createTempFile(kube.stateDir(), "manifest", ".yaml");
      Files.writeString(file, yaml);
      kube.kubectl("apply", "-n", namespace, "-f", file.toString()).orThrow();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static void eventually(ThrowingRunnable assertion) {
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

  static Map<String, EPDPool> pools(String ns) {
    return admin.resources(EPDPool.class).inNamespace(ns).list().getItems().stream()
        .collect(Collectors.toMap(p -> p.getMetadata().getName(), p -> p));
  }

  static int replicas(String ns, String role) {
    return pool(ns, role).getSpec().replicasOrDefault();
  }

  static EPDPool pool(String ns, String role) {
    return requireNonNull(pools(ns).get("one-" + role), role);
  }

  static int pods(String ns, String role) {
    return admin.pods().inNamespace(ns).withLabel("epd.dev/role", role).list().getItems().size();
  }

  static void assertReady(String ns) {
    Condition ready = condition(ns, "Ready");
    assertThat(ready.status()).as(ready.toString()).isEqualTo(Condition.Status.True);
  }

  /** Ready, and no pool is on its way to another number of pods or to other pods. */
  static void assertSettled(String ns) {
    assertReady(ns);
    assertThat(condition(ns, "Progressing").reason()).isEqualTo("RolloutComplete");
  }

  static Condition condition(String ns, String type) {
    EPDCluster cluster = admin.resources(EPDCluster.class).inNamespace(ns).withName("one").get();
    assertThat(cluster.getStatus()).isNotNull();
    List<Condition> found =
        cluster.getStatus().conditions().stream().filter(c -> c.type().equals(type)).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  static void finalizers(Pod pod, String json) {
    kube.kubectl(
            "patch",
            "pod",
            pod.getMetadata().getName(),
            "-n",
            pod.getMetadata().getNamespace(),
            "--type=merge",
            "-p={\"metadata\":{\"finalizers\":" + json + "}}")
        .orThrow();
  }

  static Secret secret(String ns) {
    return admin.secrets().inNamespace(ns).withName("one-signing-key").get();
  }

  static List<String> events(String ns) {
    return admin.v1().events().inNamespace(ns).list().getItems().stream()
        .map(e -> e.getReason() + " " + e.getMessage())
        .toList();
  }

  static void assertOwned(HasMetadata child, HasMetadata owner) {
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
  static Map<String, String> versions(String ns) {
    List<HasMetadata> all = new ArrayList<>();
    all.addAll(admin.resources(EPDCluster.class).inNamespace(ns).list().getItems());
    all.addAll(admin.resources(EPDPool.class).inNamespace(ns).list().getItems());
    all.addAll(admin.apps().deployments().inNamespace(ns).list().getItems());
    all.addAll(admin.apps().controllerRevisions().inNamespace(ns).list().getItems());
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

  static String scalePath(String ns, String role) {
    return "/apis/epd.dev/v1alpha1/namespaces/" + ns + "/epdpools/one-" + role + "/scale";
  }

  static String root(String path) {
    return Path.of("..").resolve(path).toAbsolutePath().normalize().toString();
  }
}

package dev.epd.operator.faults;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.FakeNode;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged operator with Roles in two namespaces and no ClusterRole, as the chart installs it
 * for {@code watchNamespaces}.
 */
class WatchedNamespacesIT {
  private static final String OPERATOR = "epd-operator-of-two";

  private static final String CLUSTER =
      """
      apiVersion: epd.dev/v1alpha1
      kind: EPDCluster
      metadata: {name: one, namespace: %s}
      spec:
        model: {name: m, source: {image: {reference: "m:1"}}}
        runtime: {image: r:1}
        encoder: {replicas: 1}
        prefill: {replicas: 1}
        decode: {replicas: %d}
      """;

  @TempDir Path folder;

  @Test
  void eachIsLookedAfterForItselfAndOneThatIsClosedStopsNoOther() throws Exception {
    try (ControlPlane kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
        KubernetesClient admin = kube.client();
        FakeNode _ = new FakeNode(admin, "127.83.0.6")) {
      prepare(kube, admin);
      try (OperatorProcess operator =
          OperatorProcess.of(
              folder, kube.kubeconfigFor("epd-system", OPERATOR), kube.port(), "two", OPERATOR)) {
        operator.set("QUARKUS_OPERATOR_SDK_NAMESPACES", "team-a,team-b");
        operator.start();
        List.of("team-a", "team-b", "team-c").forEach(ns -> cluster(admin, ns, 1));
        eventually(() -> assertReady(admin, "team-a", 1));
        eventually(() -> assertReady(admin, "team-b", 1));
        assertThat(pods(admin, "team-c")).as("not watched").isZero();

        int before = pods(admin, "team-b");
        admin.apps().deployments().inNamespace("team-a").delete();
        eventually(() -> assertReady(admin, "team-a", 1));
        assertThat(pods(admin, "team-b")).isEqualTo(before);

        admin.rbac().roleBindings().inNamespace("team-b").withName(OPERATOR).delete();
        operator.kill();
        operator.start();
        cluster(admin, "team-a", 2);
        cluster(admin, "team-b", 2);
        eventually(() -> assertReady(admin, "team-a", 2));
        assertThat(decodes(admin, "team-b")).as("closed").isEqualTo(1);

        admit(admin, "team-b");
        eventually(() -> assertReady(admin, "team-b", 2));
        assertThat(pods(admin, "team-c")).isZero();
      }
    }
  }

  private static void prepare(ControlPlane kube, KubernetesClient admin) {
    kube.kubectl("apply", "-f", root("crds")).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
    kube.kubectl("apply", "-f", root("config/operator")).orThrow();
    kube.kubectl("create", "serviceaccount", OPERATOR, "-n", "epd-system").orThrow();
    bind(admin, "epd-system", "epd-operator-leader");
    for (String ns : List.of("team-a", "team-b", "team-c")) {
      kube.kubectl("create", "namespace", ns).orThrow();
    }
    admit(admin, "team-a");
    admit(admin, "team-b");
  }

  /** What the operator may do everywhere, in one namespace. */
  private static void admit(KubernetesClient admin, String namespace) {
    ClusterRole everywhere = admin.rbac().clusterRoles().withName("epd-operator").get();
    admin
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(OPERATOR)
                .endMetadata()
                .withRules(everywhere.getRules())
                .build())
        .serverSideApply();
    bind(admin, namespace, OPERATOR);
  }

  private static void bind(KubernetesClient admin, String namespace, String role) {
    admin
        .resource(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: %1$s, namespace: %2$s}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %3$s}
            subjects: [{kind: ServiceAccount, name: %1$s, namespace: epd-system}]
            """
                .formatted(OPERATOR, namespace, role))
        .serverSideApply();
  }

  private static void cluster(KubernetesClient admin, String namespace, int decodes) {
    admin.resource(CLUSTER.formatted(namespace, decodes)).serverSideApply();
  }

  private static void assertReady(KubernetesClient admin, String namespace, int decodes) {
    var cluster =
        requireNonNull(
            admin
                .resources(dev.epd.api.v1alpha1.EPDCluster.class)
                .inNamespace(namespace)
                .withName("one")
                .get());
    var status = requireNonNull(cluster.getStatus());
    assertThat(status.observedGeneration()).isEqualTo(cluster.getMetadata().getGeneration());
    assertThat(status.conditions())
        .filteredOn(condition -> condition.type().equals("Ready"))
        .singleElement()
        .extracting(condition -> condition.status().name())
        .isEqualTo("True");
    assertThat(decodes(admin, namespace)).isEqualTo(decodes);
  }

  private static int decodes(KubernetesClient admin, String namespace) {
    return admin
        .pods()
        .inNamespace(namespace)
        .withLabel("epd.dev/role", "decode")
        .list()
        .getItems()
        .size();
  }

  private static int pods(KubernetesClient admin, String namespace) {
    return admin.pods().inNamespace(namespace).list().getItems().size();
  }

  private static String root(String path) {
    return Path.of("..").resolve(path).toAbsolutePath().normalize().toString();
  }

  private static void eventually(ThrowingRunnable assertion) {
    await()
        .ignoreExceptions()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(assertion);
  }
}

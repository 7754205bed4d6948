package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What is planned, applied to a real API server: valid, restricted, and handed over without a jump.
 */
class ApiServerTest {
  @SuppressWarnings("NullAway.Init")
  private static ControlPlane kube;

  @SuppressWarnings("NullAway.Init")
  private static KubernetesClient client;

  @BeforeAll
  static void start() {
    kube =
        ControlPlane.start(
            ControlPlaneConfig.defaults().withoutControllerManager().withoutScheduler());
    client = kube.client();
    kube.kubectl("apply", "-f", "../../crds").orThrow();
    for (String name : List.of("epdclusters.epd.dev", "epdpools.epd.dev")) {
      client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName(name)
          .waitUntilCondition(
              crd ->
                  crd != null
                      && crd.getStatus() != null
                      && crd.getStatus().getConditions().stream()
                          .anyMatch(
                              c ->
                                  c.getType().equals("Established")
                                      && c.getStatus().equals("True")),
              60,
              TimeUnit.SECONDS);
    }
  }

  @AfterAll
  static void stop() {
    if (kube != null) {
      kube.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> everyPlannedObjectIsAcceptedAndNothingIsDefaultedTwice() throws IOException {
    return Golden.all().stream()
        .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> applied(golden)));
  }

  private static void applied(Golden golden) throws IOException {
    String namespace = restricted(golden.name());
    Map<String, HasMetadata> objects = golden.objects();
    for (HasMetadata object : objects.values()) {
      HasMetadata copy = Serialization.clone(object);
      copy.getMetadata().setNamespace(namespace);
      HasMetadata first = apply(copy, FieldManagers.POOL, false);
      HasMetadata second = apply(copy, FieldManagers.POOL, false);
      assertThat(second.getMetadata().getResourceVersion())
          .as("a second apply of %s writes nothing", copy.getMetadata().getName())
          .isEqualTo(first.getMetadata().getResourceVersion());
    }
    for (HasMetadata object : objects.values()) {
      if (object instanceof Deployment deployment) {
        assertThat(podOf(deployment, namespace).getMetadata().getName()).startsWith("try-");
      }
    }
  }

  /** A pod of the Deployment passes admission: Pod Security restricted, its service account. */
  private static Pod podOf(Deployment deployment, String namespace) {
    var template = deployment.getSpec().getTemplate();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("try-" + deployment.getMetadata().getName())
            .withNamespace(namespace)
            .withLabels(template.getMetadata().getLabels())
            .endMetadata()
            .withSpec(template.getSpec())
            .build();
    assertThat(
            client
                .resources(ServiceAccount.class)
                .inNamespace(namespace)
                .withName(template.getSpec().getServiceAccountName())
                .get())
        .isNotNull();
    return client.resource(pod).dryRun().fieldValidation(Validation.STRICT).create();
  }

  /** Without this, the pods above would be let through by a server that lets everything through. */
  @Test
  void anUnconfinedPodIsRefused() {
    String namespace = restricted("unconfined");
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(namespace)
                .endMetadata()
                .build())
        .create();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("plain")
            .withNamespace(namespace)
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("main")
            .withImage("r:1")
            .endContainer()
            .endSpec()
            .build();
    assertThatThrownBy(() -> client.resource(pod).dryRun().create())
        .hasMessageContaining("violates PodSecurity \"restricted");
  }

  @Test
  void theNumberStaysOverEveryChangeOfOwner() {
    String namespace = restricted("handover");
    String fixed = "encoder: {replicas: 4}";
    String auto = "encoder: {autoscaling: {minReplicas: 0, maxReplicas: 9}}";
    String free = "encoder: {}";

    assertThat(reconcile(namespace, free))
        .isEqualTo(new ReplicaIntent.Seed(1, ReplicasOwner.External));
    assertThat(reconcile(namespace, free))
        .isEqualTo(new ReplicaIntent.HandOver(1, ReplicasOwner.External));
    assertThat(reconcile(namespace, free)).isEqualTo(new ReplicaIntent.LeaveAlone());
    scale(namespace, 6);
    assertThat(reconcile(namespace, free)).isEqualTo(new ReplicaIntent.LeaveAlone());
    assertThat(replicas(namespace)).isEqualTo(6);

    reconcile(namespace, auto);
    assertThat(replicas(namespace)).isEqualTo(6);
    assertThat(reconcile(namespace, auto)).isEqualTo(new ReplicaIntent.LeaveAlone());

    assertThat(reconcile(namespace, fixed)).isEqualTo(new ReplicaIntent.Apply(4));
    assertThat(replicas(namespace)).isEqualTo(4);
    scale(namespace, 9);
    assertThat(reconcile(namespace, fixed)).isInstanceOf(ReplicaIntent.PutBack.class);
    assertThat(replicas(namespace)).isEqualTo(4);

    assertThat(reconcile(namespace, free))
        .isEqualTo(new ReplicaIntent.HandOver(4, ReplicasOwner.External));
    assertThat(replicas(namespace)).isEqualTo(4);
    assertThat(reconcile(namespace, free)).isEqualTo(new ReplicaIntent.LeaveAlone());

    reconcile(namespace, fixed);
    assertThat(reconcile(namespace, auto))
        .isEqualTo(new ReplicaIntent.HandOver(4, ReplicasOwner.Autoscaler));
    assertThat(replicas(namespace)).isEqualTo(4);
  }

  /** One pass of what an executor does with the encoder's pool. */
  private static ReplicaIntent reconcile(String namespace, String encoder) {
    EPDCluster cluster = Fixtures.cluster("prefill: {replicas: 1}", encoder);
    cluster.getMetadata().setNamespace(namespace);
    EPDPool existing = pool(namespace);
    ClusterPlan plan =
        ClusterPlanner.plan(
            existing == null ? Fixtures.seen(cluster) : Fixtures.seen(cluster, existing));
    PoolApply pool = Fixtures.pool(plan, Role.ENCODER);
    switch (pool.replicas()) {
      case ReplicaIntent.HandOver h ->
          number(namespace, h.replicas(), ReplicaIntent.manager(h.to()));
      case ReplicaIntent.PutBack back when back.owner() == ReplicasOwner.Autoscaler ->
          number(namespace, back.replicas(), FieldManagers.AUTOSCALER);
      case ReplicaIntent.PutBack back -> {}
      case ReplicaIntent.Apply apply -> {}
      case ReplicaIntent.Seed seed -> {}
      case ReplicaIntent.LeaveAlone alone -> {}
    }
    apply(pool.desired(), FieldManagers.CLUSTER, true);
    return pool.replicas();
  }

  private static void number(String namespace, int n, String manager) {
    var part =
        Serialization.unmarshal(
            """
            apiVersion: epd.dev/v1alpha1
            kind: EPDPool
            metadata: {name: c-encoder, namespace: %s}
            spec: {replicas: %d}
            """
                .formatted(namespace, n),
            io.fabric8.kubernetes.api.model.GenericKubernetesResource.class);
    apply(part, manager, true);
  }

  private static void scale(String namespace, int n) {
    kube.kubectl("-n", namespace, "scale", "epool/c-encoder", "--replicas=" + n).orThrow();
  }

  private static int replicas(String namespace) {
    return Objects.requireNonNull(pool(namespace)).getSpec().replicasOrDefault();
  }

  private static @Nullable EPDPool pool(String namespace) {
    return client.resources(EPDPool.class).inNamespace(namespace).withName("c-encoder").get();
  }

  private static String restricted(String name) {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                .endMetadata()
                .build())
        .create();
    return name;
  }

  private static HasMetadata apply(HasMetadata object, String manager, boolean force) {
    return client
        .resource(object)
        .fieldValidation(Validation.STRICT)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .withForce(force)
                .build());
  }
}

package dev.epd.planner;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Pools and Deployments that report, and what the planner says of them. */
final class StatusFixtures {
  static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  static final InstantSource CLOCK = InstantSource.fixed(NOON);
  static final EPDCluster THREE_POOLS =
      Fixtures.cluster(
          "prefill: {replicas: 1}",
          "decode: {replicas: 1}",
          "encoder: {autoscaling: {minReplicas: 0, maxReplicas: 3, policyRef: {name: p}}}");

  private StatusFixtures() {}

  static String ready(EPDClusterStatus status) {
    return condition(status, ConditionType.Ready).reason();
  }

  static List<EPDPool> ready4(int n) {
    List<EPDPool> pools = new ArrayList<>();
    for (Role role : Role.values()) {
      pools.add(reporting(pool(role, n), n, Status.True, Reason.PoolReady));
    }
    return pools;
  }

  static EPDPool pool(Role role, int replicas) {
    EPDPool made = Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(THREE_POOLS)), role).desired();
    return Fixtures.existing(made, replicas, Set.of());
  }

  static EPDPool reporting(EPDPool pool, int ready, Status status, Reason reason) {
    pool.setStatus(
        new EPDPoolStatus(
            1L,
            ready,
            ready,
            null,
            null,
            List.of(new Condition("Ready", status, 1L, NOON.toString(), reason.name(), "as it is")),
            null,
            null,
            List.of()));
    return pool;
  }

  static EPDClusterStatus clusterStatus(
      EPDCluster cluster, Set<String> policies, List<EPDPool> pools) {
    ClusterObservation seen =
        new ClusterObservation(cluster, pools, policies, ClaimState.BOUND, null, List.of(), null);
    return ClusterStatusPlanner.status(seen, ClusterPlanner.plan(seen), CLOCK);
  }

  static EPDPoolStatus poolStatus(EPDPool pool, Deployment deployment, Instant now, Pod... pods) {
    deployment.getMetadata().setName(PoolPlanner.deploymentName(pool));
    deployment.getMetadata().setOwnerReferences(List.of(Owners.controller(pool)));
    ofTheSpec(deployment, pool);
    PoolObservation seen =
        new PoolObservation(
            pool,
            List.of(deployment),
            List.of(pods),
            java.util.Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            now);
    return PoolStatusPlanner.status(seen, PoolPlanner.plan(seen), CLOCK);
  }

  static EPDPoolStatus poolStatus(EPDPool pool, Deployment deployment, List<Pod> pods) {
    deployment.getMetadata().setName(PoolPlanner.deploymentName(pool));
    deployment.getMetadata().setOwnerReferences(List.of(Owners.controller(pool)));
    ofTheSpec(deployment, pool);
    PoolObservation seen =
        new PoolObservation(pool, List.of(deployment), pods, java.util.Optional.empty(), List.of());
    return PoolStatusPlanner.status(seen, PoolPlanner.plan(seen), CLOCK);
  }

  /** Unless it is said otherwise a Deployment has the template that it is to have. */
  private static void ofTheSpec(Deployment deployment, EPDPool pool) {
    if (deployment.getSpec().getTemplate() == null) {
      deployment.getSpec().setTemplate(Fixtures.deployment(pool).getSpec().getTemplate());
    }
  }

  static Deployment deployment(int replicas, int ready) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withGeneration(1L)
        .endMetadata()
        .withNewSpec()
        .withReplicas(replicas)
        .endSpec()
        .withNewStatus()
        .withObservedGeneration(1L)
        .withReplicas(replicas)
        .withUpdatedReplicas(replicas)
        .withReadyReplicas(ready)
        .endStatus()
        .build();
  }

  static Condition ready(EPDPoolStatus status) {
    return status.conditions().getFirst();
  }

  static Condition condition(EPDClusterStatus status, ConditionType type) {
    return ConditionFactory.find(status.conditions(), type).orElseThrow();
  }

  static Deployment rolled(EPDPool pool, int replicas, int ready) {
    Deployment rolled = progressing(deployment(replicas, ready), "True", "NewReplicaSetAvailable");
    rolled.getSpec().setTemplate(Fixtures.deployment(pool).getSpec().getTemplate());
    return rolled;
  }

  static Deployment progressing(Deployment deployment, String status, String reason) {
    return new DeploymentBuilder(deployment)
        .editStatus()
        .addNewCondition()
        .withType("Progressing")
        .withStatus(status)
        .withReason(reason)
        .endCondition()
        .endStatus()
        .build();
  }
}

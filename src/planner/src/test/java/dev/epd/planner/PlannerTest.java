package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlannerTest {
  @Test
  void aScaleOnAClustersPoolIsPutBackAndSaysWhere() {
    EPDCluster cluster = Fixtures.cluster("prefill: {replicas: 2}");
    EPDPool made =
        Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.PREFILL).desired();

    ClusterPlan plan =
        ClusterPlanner.plan(Fixtures.seen(cluster, Fixtures.existing(made, 7, Set.of("kubectl"))));

    PoolApply prefill = Fixtures.pool(plan, Role.PREFILL);
    assertThat(prefill.desired().getSpec().replicas()).isEqualTo(2);
    assertThat(prefill.replicas())
        .isInstanceOfSatisfying(
            ReplicaIntent.PutBack.class,
            back ->
                assertThat(back.notice().message())
                    .isEqualTo(
                        "replicas of c-prefill was changed to 7 and put back to 2: change"
                            + " spec.prefill.replicas of EPDCluster c instead"));
  }

  @Test
  void aChangeOfTheClusterItselfIsNoPutBack() {
    EPDPool made =
        Fixtures.pool(
                ClusterPlanner.plan(Fixtures.seen(Fixtures.cluster("prefill: {replicas: 2}"))),
                Role.PREFILL)
            .desired();
    EPDPool existing = Fixtures.existing(made, 2, Set.of(FieldManagers.CLUSTER));

    ClusterPlan plan =
        ClusterPlanner.plan(Fixtures.seen(Fixtures.cluster("prefill: {replicas: 3}"), existing));

    assertThat(Fixtures.pool(plan, Role.PREFILL).replicas()).isEqualTo(new ReplicaIntent.Apply(3));
  }

  @Test
  void aPoolThatNobodyOwnsIsSeededWithOneAndThenLeftAlone() {
    EPDCluster cluster = Fixtures.cluster("prefill: {}");
    PoolApply first = Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.PREFILL);
    assertThat(first.replicas()).isEqualTo(new ReplicaIntent.Seed(1, ReplicasOwner.External));
    assertThat(first.desired().getSpec().replicas()).isEqualTo(1);

    EPDPool created = Fixtures.existing(first.desired(), 1, Set.of(FieldManagers.CLUSTER));
    assertThat(intentWith(cluster, created))
        .isEqualTo(new ReplicaIntent.HandOver(1, ReplicasOwner.External));

    EPDPool scaled = Fixtures.existing(first.desired(), 5, Set.of("kubectl"));
    assertThat(intentWith(cluster, scaled)).isEqualTo(new ReplicaIntent.LeaveAlone());
  }

  @Test
  void anAutoscaledPoolStartsAtItsMinimum() {
    EPDCluster cluster =
        Fixtures.cluster(
            "prefill: {replicas: 1}", "encoder: {autoscaling: {minReplicas: 2, maxReplicas: 8}}");
    assertThat(Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.ENCODER).replicas())
        .isEqualTo(new ReplicaIntent.Seed(2, ReplicasOwner.Autoscaler));
  }

  @Test
  void strangersObjectsAreNeitherAdoptedNorDeleted() {
    EPDCluster cluster = Fixtures.cluster("prefill: {replicas: 1}");
    EPDPool stranger =
        Fixtures.existing(
            Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.PREFILL).desired(),
            1,
            Set.of());
    stranger.getMetadata().setOwnerReferences(List.of());
    var foreign = new ObjectMetaBuilder().withName("c-gateway").build();

    ClusterPlan plan =
        ClusterPlanner.plan(
            new ClusterObservation(
                cluster,
                List.of(stranger),
                Set.of(),
                ClaimState.MISSING,
                foreign,
                List.of(),
                null));

    assertThat(plan.pools())
        .extracting(p -> p.desired().getSpec().role())
        .containsExactly(Role.GATEWAY);
    assertThat(plan.poolsToDelete()).isEmpty();
    assertThat(plan.gatewayService()).isEmpty();
    assertThat(plan.problems())
        .extracting(Problem::reason)
        .containsExactly(Reason.NameConflict, Reason.NameConflict, Reason.ModelClaimMissing);
  }

  @Test
  void theSigningKeyIsMadeOnce() {
    EPDCluster cluster = Fixtures.cluster("prefill: {replicas: 1}");
    ClusterPlan first = ClusterPlanner.plan(Fixtures.seen(cluster));
    assertThat(first.signingKey())
        .hasValueSatisfying(s -> assertThat(s.getMetadata().getName()).isEqualTo("c-signing-key"));

    var existing = first.signingKey().orElseThrow().getMetadata();
    ClusterPlan second =
        ClusterPlanner.plan(
            new ClusterObservation(
                cluster, List.of(), Set.of(), ClaimState.BOUND, null, List.of(), existing));
    assertThat(second.signingKey()).isEmpty();
    assertThat(second.problems()).isEmpty();
  }

  @Test
  void theKeyFollowsTheModelAndNothingElse() {
    String key = keyOf("prefill: {replicas: 1}");
    assertThat(key).matches("[0-9a-f]{8}");
    assertThat(keyOf("prefill: {replicas: 4, runtime: {image: other, args: [--x]}}"))
        .isEqualTo(key);
    EPDCluster other = Fixtures.cluster("prefill: {replicas: 1}");
    EPDCluster moved =
        Serialization.unmarshal(
            Serialization.asYaml(other).replace("\"shapes\"", "\"shapes-2\""), EPDCluster.class);
    assertThat(CompatibilityKey.of(moved.getSpec().model(), null)).isNotEqualTo(key);
  }

  @Test
  void aNewKeyGetsItsOwnGatewayAndTheOldOneGoesWhenItServes() {
    EPDPool pool =
        Fixtures.existing(
            Fixtures.pool(
                    ClusterPlanner.plan(Fixtures.seen(Fixtures.cluster("prefill: {replicas: 1}"))),
                    Role.GATEWAY)
                .desired(),
            1,
            Set.of());
    Deployment current = deployment(pool, PoolPlanner.deploymentName(pool), 1);
    Deployment old = deployment(pool, "c-gateway-00000000", 1);
    Deployment starting = deployment(pool, PoolPlanner.deploymentName(pool), 0);

    assertThat(plan(pool, starting, old).delete()).isEmpty();
    assertThat(plan(pool, current, old).delete()).containsExactly(old);
  }

  @Test
  void aRefusedTemplateChangesNothingThatRuns() {
    EPDCluster cluster =
        Fixtures.cluster(
            "prefill: {replicas: 1, template: {spec: {volumes: [{name: x, hostPath: {path: /}}]}}}");
    EPDPool pool =
        Fixtures.existing(
            Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.PREFILL).desired(),
            1,
            Set.of());

    PoolPlan plan = plan(pool);

    assertThat(plan.apply()).isEmpty();
    assertThat(plan.problem()).map(Problem::reason).contains(Reason.SpecInvalid);
  }

  @Test
  void aTemplateThatIsNoPodTemplateSaysSo() {
    EPDCluster cluster =
        Fixtures.cluster("prefill: {replicas: 1, template: {spec: {tolerations: everything}}}");
    EPDPool pool =
        Fixtures.existing(
            Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.PREFILL).desired(),
            1,
            Set.of());
    assertThat(plan(pool).problem())
        .hasValueSatisfying(
            p ->
                assertThat(p.message())
                    .startsWith("template is not a pod template at spec.tolerations:"));
  }

  @Test
  void aStrangersDeploymentIsNotTakenOver() {
    EPDPool pool = prefillPool();
    Deployment stranger = deployment(pool, PoolPlanner.deploymentName(pool), 1);
    stranger.getMetadata().setOwnerReferences(List.of());

    assertThat(plan(pool, stranger).problem())
        .map(Problem::reason)
        .isEqualTo(Optional.of(Reason.NameConflict));
  }

  @Test
  void aPoolHasABudgetUnlessItsSpecWantsNone() {
    EPDPool pool = prefillPool();
    PodDisruptionBudget budget = budget(plan(pool)).orElseThrow();
    assertThat(budget.getSpec().getMaxUnavailable().getIntVal()).isEqualTo(1);
    assertThat(budget.getSpec().getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
    assertThat(budget.getSpec().getSelector().getMatchLabels())
        .isEqualTo(Labels.roleSelector("c", Role.PREFILL));

    EPDPool without = prefillPool("prefill: {replicas: 1, disruption: {budget: None}}");
    PoolPlan plan =
        PoolPlanner.plan(
            new PoolObservation(without, List.of(), List.of(), Optional.of(budget), List.of()));
    assertThat(budget(plan)).isEmpty();
    assertThat(plan.delete()).containsExactly(budget);
  }

  @Test
  void aStrangersBudgetIsNotDeleted() {
    PodDisruptionBudget stranger = budget(plan(prefillPool())).orElseThrow();
    stranger.getMetadata().setOwnerReferences(List.of());
    EPDPool without = prefillPool("prefill: {replicas: 1, disruption: {budget: None}}");
    assertThat(
            PoolPlanner.plan(
                    new PoolObservation(
                        without, List.of(), List.of(), Optional.of(stranger), List.of()))
                .delete())
        .isEmpty();
  }

  private static Optional<PodDisruptionBudget> budget(PoolPlan plan) {
    return plan.apply().stream()
        .filter(PodDisruptionBudget.class::isInstance)
        .map(PodDisruptionBudget.class::cast)
        .findFirst();
  }

  private static ReplicaIntent intentWith(EPDCluster cluster, EPDPool existing) {
    return Fixtures.pool(
            ClusterPlanner.plan(Fixtures.seen(cluster, existing)), existing.getSpec().role())
        .replicas();
  }

  private static String keyOf(String... spec) {
    return CompatibilityKey.of(Fixtures.cluster(spec).getSpec().model(), null);
  }

  private static EPDPool prefillPool() {
    return prefillPool("prefill: {replicas: 1}");
  }

  private static EPDPool prefillPool(String... spec) {
    EPDCluster cluster = Fixtures.cluster(spec);
    return Fixtures.existing(
        Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.PREFILL).desired(),
        1,
        Set.of());
  }

  private static PoolPlan plan(EPDPool pool, Deployment... deployments) {
    return PoolPlanner.plan(
        new PoolObservation(pool, List.of(deployments), List.of(), Optional.empty(), List.of()));
  }

  private static Deployment deployment(EPDPool pool, String name, int ready) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withName(name)
        .withGeneration(1L)
        .withOwnerReferences(Owners.controller(pool))
        .endMetadata()
        .withNewSpec()
        .withReplicas(1)
        .endSpec()
        .withNewStatus()
        .withObservedGeneration(1L)
        .withReplicas(1)
        .withReadyReplicas(ready)
        .withUpdatedReplicas(1)
        .endStatus()
        .build();
  }
}

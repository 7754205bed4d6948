package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Role;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SuspensionTest {
  private static final String[] POOLS = {"prefill: {replicas: 3}", "encoder: {}", "decode: {}"};
  private static final EPDCluster RUNNING = Fixtures.cluster(POOLS);
  private static final EPDCluster SUSPENDED =
      Fixtures.cluster(POOLS[0], POOLS[1], POOLS[2], "suspend: true");

  @Test
  void theGatewayGoesFirstAndTheOthersWhenItIsGone() {
    List<EPDPool> pools = live(RUNNING, 1, 0);
    assertThat(suspended(SUSPENDED, pools)).containsExactly(Role.GATEWAY);

    // Its pods were told to stop, and one is still answering.
    pools.set(0, gateway(0, 1));
    assertThat(suspended(SUSPENDED, pools)).containsExactly(Role.GATEWAY);

    pools.set(0, gateway(0, 0));
    assertThat(suspended(SUSPENDED, pools)).containsExactly(Role.values());
  }

  @Test
  void aClusterThatIsMadeSuspendedStartsNoPod() {
    assertThat(suspended(SUSPENDED, List.of())).containsExactly(Role.values());
  }

  @Test
  void numbersStayAndComeBack() {
    List<EPDPool> pools = live(SUSPENDED, 0, 0);
    ClusterPlan plan = plan(SUSPENDED, pools);
    EPDPool prefill = Fixtures.pool(plan, Role.PREFILL).desired();
    assertThat(prefill.getSpec().replicas()).isEqualTo(3);

    EPDPool resumed = Fixtures.pool(plan(RUNNING, pools), Role.PREFILL).desired();
    assertThat(resumed.getSpec().suspend()).isNull();
    assertThat(Fixtures.deployment(resumed).getSpec().getReplicas()).isEqualTo(3);
  }

  @Test
  void aSuspendedPoolHasNoPods() {
    EPDPool gateway = Fixtures.pool(plan(SUSPENDED, live(RUNNING, 1, 0)), Role.GATEWAY).desired();
    assertThat(Fixtures.deployment(gateway).getSpec().getReplicas()).isZero();
  }

  @Test
  void aSuspendedClusterSaysSo() {
    ClusterObservation seen = Fixtures.seen(SUSPENDED, live(RUNNING, 1, 0).toArray(EPDPool[]::new));
    var status =
        ClusterStatusPlanner.status(
            seen, ClusterPlanner.plan(seen), InstantSource.fixed(Instant.EPOCH));
    for (ConditionType type : List.of(ConditionType.Ready, ConditionType.Available)) {
      var condition = ConditionFactory.find(status.conditions(), type).orElseThrow();
      assertThat(condition.status()).isEqualTo(Status.False);
      assertThat(condition.reason()).isEqualTo("Suspended");
    }
  }

  private static ClusterPlan plan(EPDCluster cluster, List<EPDPool> pools) {
    return ClusterPlanner.plan(Fixtures.seen(cluster, pools.toArray(EPDPool[]::new)));
  }

  private static List<Role> suspended(EPDCluster cluster, List<EPDPool> pools) {
    return plan(cluster, pools).pools().stream()
        .map(p -> p.desired().getSpec())
        .filter(spec -> spec.suspended())
        .map(spec -> spec.role())
        .toList();
  }

  private static List<EPDPool> live(EPDCluster cluster, int replicas, int draining) {
    List<EPDPool> pools = new ArrayList<>();
    for (PoolApply made : ClusterPlanner.plan(Fixtures.seen(cluster)).pools()) {
      EPDPool pool = Fixtures.existing(made.desired(), 3, Set.of(FieldManagers.CLUSTER));
      pool.setStatus(status(replicas, draining));
      pools.add(pool);
    }
    return pools;
  }

  private static EPDPool gateway(int replicas, int draining) {
    EPDPool made =
        Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(SUSPENDED)), Role.GATEWAY).desired();
    EPDPool pool = Fixtures.existing(made, 1, Set.of(FieldManagers.CLUSTER));
    pool.setStatus(status(replicas, draining));
    return pool;
  }

  private static EPDPoolStatus status(int replicas, int draining) {
    return new EPDPoolStatus(
        1L, replicas, replicas, draining, null, List.of(), null, null, List.of());
  }
}

package dev.epd.planner;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A role leaves the spec after its gateway has. */
class DeparturesTest {
  private static final EPDCluster THREE =
      Fixtures.cluster("prefill: {replicas: 1}", "encoder: {replicas: 2}", "decode: {}");

  private final Map<Role, EPDPool> pools = new EnumMap<>(Role.class);

  @BeforeEach
  void threePools() {
    ClusterPlanner.plan(Fixtures.seen(THREE))
        .pools()
        .forEach(
            p -> {
              EPDPool pool = Fixtures.existing(p.desired(), 1, Set.of(FieldManagers.CLUSTER));
              pools.put(pool.getSpec().role(), pool);
            });
    pools.values().forEach(DeparturesTest::rolled);
  }

  /** The order of a departure, each step read from what the gateway's pool reports. */
  @Test
  void thePoolStaysUntilTheLastGatewayOfBeforeHasGone() {
    EPDCluster fewer = spec("shapes", "{}");
    assertStays(fewer, "not looked at its new stages");

    told(fewer);
    assertStays(fewer, "not looked at its new stages");
    reported(1, 0, null);
    assertStays(fewer, "being replaced");
    reported(1, 2, Revisions.hash(gateway()));
    assertStays(fewer, "finish their requests: 2");

    rolled(gateway());
    assertGoes(fewer);
    assertThat(gateway().getSpec().gateway())
        .isNotNull()
        .satisfies(g -> assertThat(g.topology()).containsExactly(Role.PREFILL));
  }

  /**
   * With a new model the old gateway serves beside the new one, of the old set and all its roles.
   */
  @Test
  void withANewKeyAlsoTheOldGatewayMustHaveGone() {
    EPDCluster fewer = spec("other", "{}");
    String old = CompatibilityKey.of(gateway().getSpec());
    told(fewer);
    EPDPoolStatus both = rolled(gateway());
    gateway()
        .setStatus(
            new EPDPoolStatus(
                both.observedGeneration(),
                1,
                1,
                0,
                null,
                both.conditions(),
                both.revision(),
                List.of(both.compatibilityKeys().getFirst(), old),
                List.of(),
                null,
                null,
                List.of()));
    assertStays(fewer, "being replaced");
    assertThat(condition(fewer, ConditionType.RolloutCoherent).message())
        .as("the set that leaves with the role is named")
        .contains(old + " (decode, encoder, gateway");
    rolled(gateway());
    assertGoes(fewer);
  }

  /** There the new gateway waits for the new set, and that perhaps for the room of what leaves. */
  @Test
  void withRecreateAGatewayThatIsGoneIsEnough() {
    EPDCluster fewer = spec("other", "{strategy: Recreate}");
    told(fewer);
    reported(0, 1, null);
    assertStays(fewer, "finish their requests: 1");
    reported(0, 0, null);
    assertGoes(fewer);

    EPDCluster coordinated = spec("other", "{}");
    assertStays(coordinated, "being replaced");
  }

  @Test
  void aSuspendedClusterLosesTheRoleOnceItsGatewayIsEmpty() {
    EPDCluster fewer =
        Fixtures.cluster("prefill: {replicas: 1}", "suspend: true", "rollout: {paused: false}");
    told(fewer);
    reported(0, 1, null);
    assertStays(fewer, "finish");
    reported(0, 0, null);
    assertGoes(fewer);
  }

  @Test
  void aPausedClusterKeepsTheRole() {
    EPDCluster fewer = spec("shapes", "{paused: true}");
    told(fewer);
    rolled(gateway());
    ClusterPlan plan = plan(fewer);
    assertThat(plan.poolsToDelete()).isEmpty();
    assertThat(requireNonNull(plan.held().get(Role.ENCODER)).reason())
        .isEqualTo(Reason.RolloutPaused);
  }

  @Test
  void aRoleThatComesBackIsAsBefore() {
    told(spec("shapes", "{}"));
    ClusterPlan plan = plan(THREE);
    assertThat(plan.poolsToDelete()).isEmpty();
    assertThat(plan.pools()).hasSize(4);
  }

  /** What runs is reached as before, and by nobody else. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRulesOfARoleStayAsLongAsItDoes(boolean paused) {
    EPDCluster fewer = spec("shapes", "{paused: " + paused + "}");
    List<NetworkPolicy> before = ClusterPlanner.plan(Fixtures.seen(THREE)).networkPolicies();
    assertThat(plan(fewer).networkPolicies()).isEqualTo(before);
    assertThat(withPolicies(fewer, before).networkPoliciesToDelete()).isEmpty();
    if (!paused) {
      told(fewer);
      rolled(gateway());
      assertThat(withPolicies(fewer, before).networkPoliciesToDelete())
          .extracting(p -> p.getMetadata().getName())
          .containsExactlyInAnyOrder("c-encoder", "c-decode");
    }
  }

  private void assertStays(EPDCluster cluster, String message) {
    ClusterPlan plan = plan(cluster);
    assertThat(plan.poolsToDelete()).isEmpty();
    assertThat(plan.networkPolicies()).hasSize(4);
    assertThat(plan.held().get(Role.ENCODER))
        .isNotNull()
        .satisfies(
            held -> {
              assertThat(held.reason()).isEqualTo(Reason.RoleLeaving);
              assertThat(held.message()).startsWith("encoder left the spec").contains(message);
            });
    if (!cluster.getSpec().suspended()) {
      assertThat(condition(cluster, ConditionType.Ready).status()).isEqualTo(Status.False);
      assertThat(condition(cluster, ConditionType.Progressing).status()).isEqualTo(Status.True);
    }
  }

  private void assertGoes(EPDCluster cluster) {
    ClusterPlan plan = plan(cluster);
    assertThat(plan.poolsToDelete())
        .containsExactlyInAnyOrder(pools.get(Role.ENCODER), pools.get(Role.DECODE));
    assertThat(plan.held()).isEmpty();
    assertThat(plan.networkPolicies())
        .extracting(p -> p.getMetadata().getName())
        .containsExactly("c-gateway", "c-prefill");
    assertThat(plan.notices()).extracting(Notice::reason).contains(Reason.PoolDeleted);
  }

  private Condition condition(EPDCluster cluster, ConditionType type) {
    return ConditionFactory.find(
            ClusterStatusPlanner.status(
                    seen(cluster), plan(cluster), InstantSource.fixed(Instant.EPOCH))
                .conditions(),
            type)
        .orElseThrow();
  }

  private static EPDCluster spec(String path, String rollout) {
    return Serialization.unmarshal(
        Serialization.asYaml(Fixtures.cluster("prefill: {replicas: 1}", "rollout: " + rollout))
            .replace("path: \"shapes\"", "path: \"" + path + "\""),
        EPDCluster.class);
  }

  private ClusterObservation seen(EPDCluster cluster) {
    return Fixtures.seen(cluster, pools.values().toArray(EPDPool[]::new));
  }

  private ClusterPlan plan(EPDCluster cluster) {
    return ClusterPlanner.plan(seen(cluster));
  }

  private ClusterPlan withPolicies(EPDCluster cluster, List<NetworkPolicy> live) {
    return ClusterPlanner.plan(
        new ClusterObservation(
            cluster, List.copyOf(pools.values()), Set.of(), ClaimState.BOUND, null, live, null));
  }

  private EPDPool gateway() {
    return requireNonNull(pools.get(Role.GATEWAY));
  }

  /** The pools get their new specs; they have reported on older ones. */
  private void told(EPDCluster cluster) {
    for (PoolApply apply : plan(cluster).pools()) {
      EPDPool pool = Fixtures.existing(apply.desired(), 1, Set.of(FieldManagers.CLUSTER));
      EPDPoolStatus before = requireNonNull(pools.get(pool.getSpec().role())).getStatus();
      pool.setStatus(before);
      pool.getMetadata().setGeneration(2L);
      pools.put(pool.getSpec().role(), pool);
    }
  }

  private void reported(int replicas, int draining, @Nullable String revision) {
    report(gateway(), replicas, draining, revision, List.of());
  }

  private static EPDPoolStatus rolled(EPDPool pool) {
    return report(pool, 1, 0, Revisions.hash(pool), List.of(CompatibilityKey.of(pool.getSpec())));
  }

  private static EPDPoolStatus report(
      EPDPool pool, int replicas, int draining, @Nullable String revision, List<String> keys) {
    EPDPoolStatus status =
        new EPDPoolStatus(
            pool.getMetadata().getGeneration(),
            replicas,
            replicas,
            draining,
            null,
            List.of(
                new Condition(
                    "Ready", Status.True, 1L, Instant.EPOCH.toString(), "PoolReady", "as it is")),
            revision,
            keys,
            List.of(),
            null,
            null,
            List.of());
    pool.setStatus(status);
    return status;
  }
}

package dev.epd.planner;

import static dev.epd.planner.StatusFixtures.NOON;
import static dev.epd.planner.StatusFixtures.THREE_POOLS;
import static dev.epd.planner.StatusFixtures.clusterStatus;
import static dev.epd.planner.StatusFixtures.condition;
import static dev.epd.planner.StatusFixtures.pool;
import static dev.epd.planner.StatusFixtures.ready;
import static dev.epd.planner.StatusFixtures.ready4;
import static dev.epd.planner.StatusFixtures.reporting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.PoolSummary;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterStatusTest {
  @Test
  void aClusterWhosePoolsAreReadyIsReady() {
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), ready4(1));

    assertThat(status.conditions())
        .extracting(Condition::type)
        .containsExactly(
            "Ready",
            "Available",
            "ImageServing",
            "ModelReady",
            "Progressing",
            "CapacityLimited",
            "RolloutCoherent",
            "Degraded",
            "GatewayReady",
            "EncoderReady",
            "PrefillReady",
            "DecodeReady",
            "AutoscalingActive");
    assertThat(condition(status, ConditionType.Ready).reason()).isEqualTo("AllPoolsReady");
    assertThat(condition(status, ConditionType.Available).reason()).isEqualTo("Serving");
    assertThat(condition(status, ConditionType.AutoscalingActive).reason())
        .isEqualTo("WaitingForFirstDecision");
    assertThat(status.pools())
        .containsExactly(
            PoolSummary.of(Role.GATEWAY, 1, 1),
            PoolSummary.of(Role.ENCODER, 1, 1),
            PoolSummary.of(Role.PREFILL, 1, 1),
            PoolSummary.of(Role.DECODE, 1, 1));
  }

  @Test
  void sleepingEncodersAreAvailableMissingOnesAreNot() {
    List<EPDPool> asleep = ready4(1);
    asleep.set(1, reporting(pool(Role.ENCODER, 0), 0, Status.True, Reason.ScaledToZero));
    assertThat(
            condition(clusterStatus(THREE_POOLS, Set.of("p"), asleep), ConditionType.Available)
                .status())
        .isEqualTo(Status.True);

    List<EPDPool> gone = ready4(1);
    gone.set(1, reporting(pool(Role.ENCODER, 2), 0, Status.False, Reason.Unschedulable));
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), gone);
    assertThat(condition(status, ConditionType.Available).reason()).isEqualTo("NoEncoder");
    assertThat(condition(status, ConditionType.ImageServing).reason()).isEqualTo("NoEncoder");
    assertThat(
            condition(clusterStatus(THREE_POOLS, Set.of("p"), asleep), ConditionType.ImageServing)
                .reason())
        .isEqualTo("EncoderAsleep");

    // A policy that only recommends wakes nobody.
    ClusterObservation advised =
        new ClusterObservation(
            THREE_POOLS,
            List.of(),
            Map.of("p", PolicyState.IDLE),
            ClaimState.BOUND,
            null,
            List.of(),
            null);
    EPDPool external = Fixtures.pool(ClusterPlanner.plan(advised), Role.ENCODER).desired();
    assertThat(external.getSpec().replicas()).as("nobody would wake it").isEqualTo(1);
    List<EPDPool> scaledAway = ready4(1);
    scaledAway.set(
        1,
        reporting(Fixtures.existing(external, 0, Set.of()), 0, Status.True, Reason.ScaledToZero));
    assertThat(
            condition(
                    clusterStatus(THREE_POOLS, Set.of("p"), scaledAway), ConditionType.ImageServing)
                .reason())
        .isEqualTo("EncoderAtZero");
    assertThat(condition(status, ConditionType.Ready).reason()).isEqualTo("Unschedulable");
    assertThat(status.pools()).contains(PoolSummary.of(Role.ENCODER, 2, 0));
  }

  /** The old set has lost its last decode, the new one has all but its gateway. */
  @Test
  void readyPodsOfTwoSetsAreNoWay() {
    List<EPDPool> pools = ready4(1);
    of(pools.get(0), "old");
    of(pools.get(1), "new", "old");
    of(pools.get(2), "new", "old");
    of(pools.get(3), "new");
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    for (ConditionType type : List.of(ConditionType.Available, ConditionType.ImageServing)) {
      assertThat(condition(status, type).status()).isEqualTo(Status.False);
      assertThat(condition(status, type).reason()).isEqualTo("NoDecode");
      assertThat(condition(status, type).message())
          .isEqualTo(
              "The decode pods that are ready are of another compatibility key than the gateway:"
                  + " they never talk to each other. Look at condition DecodeReady.");
    }

    // Its gateway comes: one whole set is enough, whatever the other lacks.
    of(pools.get(0), "new", "old");
    status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.Available).reason()).isEqualTo("Serving");
    assertThat(condition(status, ConditionType.ImageServing).reason()).isEqualTo("ImagesServed");
  }

  @Test
  void whatLacksLeastSaysWhatIsLacking() {
    List<EPDPool> pools = ready4(1);
    of(pools.get(0), "new", "old");
    of(pools.get(1), "old");
    of(pools.get(2), "new", "old");
    of(pools.get(3), "new");
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.Available).reason()).isEqualTo("NoEncoder");
  }

  @Test
  void whatGatewaysRefuseComesAfterWhatIsMissing() {
    List<EPDPool> pools = ready4(1);
    refusing(pools.get(0));
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.Available).reason()).isEqualTo("RoleRefused");
    assertThat(condition(status, ConditionType.Degraded).status()).isEqualTo(Status.True);
    assertThat(ready(status)).isEqualTo("RoleRefused");

    pools.set(3, reporting(pool(Role.DECODE, 1), 0, Status.False, Reason.CrashLooping));
    status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.Available).reason()).isEqualTo("NoDecode");
    assertThat(condition(status, ConditionType.Degraded).reason()).isEqualTo("CrashLooping");
    assertThat(ready(status)).isEqualTo("CrashLooping");
  }

  private static void refusing(EPDPool gateway) {
    EPDPoolStatus before = java.util.Objects.requireNonNull(gateway.getStatus());
    List<Condition> conditions = new ArrayList<>(before.conditions());
    conditions.add(
        new Condition(
            "Degraded", Status.True, 1L, NOON.toString(), Reason.RoleRefused.name(), "as it is"));
    says(gateway, conditions, before.readyKeys());
  }

  /** The spec is carried out all the same: whatever else is wrong comes first. */
  @Test
  void aSpecThatIsNotKeptIsToldLast() {
    Problem unkept = new Problem(Reason.ObjectRefused, "as it is");
    List<EPDPool> pools = ready4(1);
    EPDClusterStatus status = unkept(pools, unkept);
    assertThat(ready(status)).isEqualTo("ObjectRefused");
    assertThat(condition(status, ConditionType.Degraded).reason()).isEqualTo("ObjectRefused");
    assertThat(condition(status, ConditionType.Available).status()).isEqualTo(Status.True);

    refusing(pools.get(0));
    assertThat(ready(unkept(pools, unkept))).isEqualTo("RoleRefused");
    pools.set(3, reporting(pool(Role.DECODE, 1), 0, Status.False, Reason.CrashLooping));
    status = unkept(pools, unkept);
    assertThat(ready(status)).isEqualTo("CrashLooping");
    assertThat(condition(status, ConditionType.Degraded).reason()).isEqualTo("CrashLooping");
  }

  private static EPDClusterStatus unkept(List<EPDPool> pools, Problem problem) {
    ClusterObservation seen =
        new ClusterObservation(
            THREE_POOLS, pools, Set.of("p"), ClaimState.BOUND, null, List.of(), null);
    return ClusterStatusPlanner.status(
        seen, ClusterPlanner.plan(seen), Optional.of(problem), StatusFixtures.CLOCK);
  }

  @Test
  void withoutADecodePicturesAreNotAnsweredEither() {
    List<EPDPool> pools = ready4(1);
    pools.set(3, reporting(pool(Role.DECODE, 1), 0, Status.False, Reason.CrashLooping));
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.ImageServing).reason()).isEqualTo("NoDecode");
  }

  private static void of(EPDPool pool, String... readyKeys) {
    EPDPoolStatus before = java.util.Objects.requireNonNull(pool.getStatus());
    says(pool, before.conditions(), List.of(readyKeys));
  }

  /** The pool says these, and all else as before. */
  private static void says(EPDPool pool, List<Condition> conditions, List<String> keys) {
    EPDPoolStatus before = java.util.Objects.requireNonNull(pool.getStatus());
    pool.setStatus(
        new EPDPoolStatus(
            before.observedGeneration(),
            before.replicas(),
            before.readyReplicas(),
            before.drainingReplicas(),
            before.selector(),
            conditions,
            before.revision(),
            keys,
            keys,
            null,
            null,
            List.of()));
  }

  @Test
  void aPoolThatSpeaksOfAnOlderSpecIsUnknown() {
    List<EPDPool> pools = ready4(1);
    pools.get(2).getMetadata().setGeneration(2L);
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.PrefillReady).status()).isEqualTo(Status.Unknown);
    assertThat(condition(status, ConditionType.Ready).reason()).isEqualTo("WaitingForPool");
  }

  @Test
  void aPolicyThatDoesNotExistIsNamed() {
    Condition active =
        condition(clusterStatus(THREE_POOLS, Set.of(), ready4(1)), ConditionType.AutoscalingActive);
    assertThat(active.status()).isEqualTo(Status.False);
    assertThat(active.reason()).isEqualTo("PolicyMissing");
    assertThat(active.message()).contains("EPDAutoscalingPolicy p does not exist");
  }

  @Test
  void whatTheAutoscalerSaysOfThePoolIsPassedOn() {
    List<EPDPool> pools = ready4(1);
    EPDPool encoder = pools.get(1);
    List<Condition> conditions =
        new ArrayList<>(java.util.Objects.requireNonNull(encoder.getStatus()).conditions());
    conditions.add(
        new Condition(
            "AutoscalingActive", Status.False, 1L, NOON.toString(), "MetricsMissing", "no scrape"));
    encoder.setStatus(new EPDPoolStatus(1L, 1, 1, null, null, conditions, null, null, List.of()));
    assertThat(
            condition(
                    clusterStatus(THREE_POOLS, Set.of("p"), pools), ConditionType.AutoscalingActive)
                .reason())
        .isEqualTo("MetricsMissing");
  }

  @Test
  void anAllInOneClusterHasNoConditionsOfPoolsItLacks() {
    EPDCluster cluster = Fixtures.cluster("prefill: {}");
    EPDClusterStatus status =
        clusterStatus(
            cluster,
            Set.of(),
            List.of(
                reporting(pool(Role.GATEWAY, 1), 1, Status.True, Reason.PoolReady),
                reporting(pool(Role.PREFILL, 1), 1, Status.True, Reason.PoolReady)));
    assertThat(status.conditions())
        .extracting(Condition::type)
        .containsExactly(
            "Ready",
            "Available",
            "ImageServing",
            "ModelReady",
            "Progressing",
            "CapacityLimited",
            "RolloutCoherent",
            "Degraded",
            "GatewayReady",
            "PrefillReady");
    assertThat(status.topology()).isEqualTo(Topology.EPD);
  }

  @Test
  void whoSaysWhyComesBeforeWhoWaits() {
    List<EPDPool> pools = ready4(1);
    pools.set(0, reporting(pool(Role.GATEWAY, 1), 1, Status.False, Reason.WaitingForNewSet));
    pools.set(1, reporting(pool(Role.ENCODER, 1), 0, Status.False, Reason.PodsStarting));
    assertThat(ready(clusterStatus(THREE_POOLS, Set.of("p"), pools))).isEqualTo("WaitingForNewSet");
    pools.set(2, reporting(pool(Role.PREFILL, 1), 0, Status.False, Reason.ObjectRefused));
    assertThat(ready(clusterStatus(THREE_POOLS, Set.of("p"), pools))).isEqualTo("ObjectRefused");
  }
}

package dev.epd.planner;

import static dev.epd.planner.StatusFixtures.CLOCK;
import static dev.epd.planner.StatusFixtures.NOON;
import static dev.epd.planner.StatusFixtures.THREE_POOLS;
import static dev.epd.planner.StatusFixtures.clusterStatus;
import static dev.epd.planner.StatusFixtures.condition;
import static dev.epd.planner.StatusFixtures.deployment;
import static dev.epd.planner.StatusFixtures.pool;
import static dev.epd.planner.StatusFixtures.poolStatus;
import static dev.epd.planner.StatusFixtures.progressing;
import static dev.epd.planner.StatusFixtures.ready;
import static dev.epd.planner.StatusFixtures.ready4;
import static dev.epd.planner.StatusFixtures.reporting;
import static dev.epd.planner.StatusFixtures.rolled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of pools, and what a cluster says of one pool. */
class PoolStatusTest {
  @Test
  void aPoolWithAllItsPodsIsReady() {
    EPDPoolStatus status = poolStatus(pool(Role.PREFILL, 2), deployment(2, 2), List.of());

    assertThat(status.replicas()).isEqualTo(2);
    assertThat(status.readyReplicas()).isEqualTo(2);
    assertThat(status.selector()).isEqualTo("epd.dev/cluster=c,epd.dev/role=prefill");
    assertThat(status.observedGeneration()).isEqualTo(1);
    assertThat(status.lastDecision()).isNull();
    assertThat(ready(status))
        .isEqualTo(
            new Condition(
                "Ready", Status.True, 1L, NOON.toString(), "PoolReady", "2 of 2 pods ready"));
  }

  /** As it is seen in the very look that gives the Deployment its new template. */
  @Test
  void aPoolWhosePodsAreOfTheSpecBeforeIsNotReady() {
    EPDPool before = pool(Role.PREFILL, 1);
    EPDPool pool = Serialization.clone(before);
    pool.setSpec(
        pool.getSpec()
            .withPodsOf(
                Fixtures.pool(
                        ClusterPlanner.plan(
                            Fixtures.seen(
                                Fixtures.cluster("prefill: {runtime: {image: \"r:2\"}}"))),
                        Role.PREFILL)
                    .desired()
                    .getSpec()));
    Deployment old = rolled(before, 1, 1);
    EPDPoolStatus status = poolStatus(pool, old, List.of());
    assertThat(ready(status).status()).isEqualTo(Status.False);
    assertThat(ready(status).reason()).isEqualTo("PodsStarting");
    assertThat(status.conditions().get(1).reason()).isEqualTo("RolloutInProgress");
  }

  @Test
  void theKeysOfReadyPodsAreReported() {
    EPDPool pool = pool(Role.DECODE, 1);
    Deployment old = labelled(pool, deployment(1, 1), "old");
    Deployment current = labelled(pool, deployment(1, 0), "new");
    current.getMetadata().setName(PoolPlanner.deploymentName(pool));
    assertThat(readyKeys(pool, old, current)).containsExactly("old");
    assertThat(readyKeys(pool, old, labelled(pool, deployment(1, 1), "new")))
        .containsExactly("new", "old");
    assertThat(readyKeys(pool, labelled(pool, deployment(1, 0), "old"))).isEmpty();
  }

  private static Deployment labelled(EPDPool pool, Deployment deployment, String key) {
    deployment.getMetadata().setName("c-decode-" + key);
    deployment.getMetadata().setLabels(Map.of(Labels.COMPATIBILITY_KEY, key));
    deployment.getMetadata().setOwnerReferences(List.of(Owners.controller(pool)));
    return deployment;
  }

  private static List<String> readyKeys(EPDPool pool, Deployment... deployments) {
    PoolObservation seen =
        new PoolObservation(
            pool, List.of(deployments), List.of(), java.util.Optional.empty(), List.of());
    return PoolStatusPlanner.status(seen, PoolPlanner.plan(seen), CLOCK).readyKeys();
  }

  @Test
  void aPoolOfZeroIsReadyAndSaysSo() {
    assertThat(ready(poolStatus(pool(Role.ENCODER, 0), deployment(0, 0), List.of())).reason())
        .isEqualTo("ScaledToZero");
  }

  @Test
  void aPodThatDoesNotEndIsNamedAndNotCounted() {
    EPDPool pool = pool(Role.PREFILL, 1);
    Pod dead =
        Serialization.unmarshal(
            "kind: Pod\nmetadata: {name: p, deletionTimestamp: \"2026-01-01T11:59:00Z\","
                + " labels: {epd.dev/compatibility-key: \"00000000\"}}\n"
                + "spec: {nodeName: n1}\n",
            Pod.class);
    EPDPoolStatus waited = poolStatus(pool, rolled(pool, 1, 1), NOON.minusSeconds(1), dead);
    assertThat(waited.drainingReplicas()).isEqualTo(1);
    assertThat(waited.compatibilityKeys()).containsExactly("00000000");
    assertThat(waited.conditions().get(1).reason()).isEqualTo("RolloutComplete");

    EPDPoolStatus status = poolStatus(pool, rolled(pool, 1, 1), NOON, dead);
    assertThat(status.drainingReplicas()).isZero();
    assertThat(status.compatibilityKeys()).isEmpty();
    String message =
        "pod p of node n1 does not end: kubectl delete pod p --force once the node is known to be"
            + " gone";
    assertThat(ready(status).status()).isEqualTo(Status.True);
    assertThat(status.conditions().get(1).message()).isEqualTo(message);
    assertThat(poolStatus(pool, rolled(pool, 1, 0), NOON, dead).conditions().get(1).message())
        .startsWith(message + "; 0 of 1 pods ready");

    List<EPDPool> pools = ready4(1);
    pool.setStatus(status);
    pools.set(2, pool);
    EPDClusterStatus cluster = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    for (ConditionType type : List.of(ConditionType.Progressing, ConditionType.Degraded)) {
      assertThat(condition(cluster, type).reason()).isEqualTo("PodNotEnding");
      assertThat(condition(cluster, type).message()).isEqualTo("prefill: " + message);
    }
    assertThat(condition(cluster, ConditionType.Ready).status()).isEqualTo(Status.True);
  }

  /** A pod of before that is not known to be leaving, of a Deployment that has rolled past it. */
  @Test
  void aPodOfBeforeIsLeavingOnceItsDeploymentWasRolled() {
    EPDPool pool = pool(Role.GATEWAY, 1);
    Deployment rolled = rolled(pool, 1, 1);
    rolled.getMetadata().setLabels(rolled.getSpec().getTemplate().getMetadata().getLabels());
    Pod before = new PodBuilder().withNewMetadata().withName("p").endMetadata().build();
    before
        .getMetadata()
        .setLabels(
            Map.of(Labels.COMPATIBILITY_KEY, KeyChange.keyOf(rolled), Labels.REVISION, "before"));
    assertThat(poolStatus(pool, rolled, List.of(before)).drainingReplicas()).isEqualTo(1);
  }

  @Test
  void aDeploymentThatHasNotSeenTheNumberIsNotReady() {
    assertThat(ready(poolStatus(pool(Role.PREFILL, 3), deployment(2, 2), List.of())).status())
        .isEqualTo(Status.False);
  }

  @Test
  void anOldPodDoesNotStandInForANewOneThatCannotStart() {
    Deployment rolling =
        new DeploymentBuilder(deployment(1, 1)).editStatus().withReplicas(2).endStatus().build();

    Condition ready = ready(poolStatus(pool(Role.GATEWAY, 1), rolling, List.of()));

    assertThat(ready.status()).isEqualTo(Status.False);
    assertThat(ready.reason()).isEqualTo("PodsStarting");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "conditions: [{type: PodScheduled, status: `False`, reason: Unschedulable, message: 0/1 nodes}] | Unschedulable | pod p: 0/1 nodes",
        "containerStatuses: [{name: main, image: r, state: {waiting: {reason: ImagePullBackOff, message: no}}}] | ImagePullFailed | pod p: r: no",
        "containerStatuses: [{name: main, state: {waiting: {reason: CreateContainerConfigError, message: secret gone}}}] | ContainerConfigInvalid | pod p: secret gone",
        "containerStatuses: [{name: main, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, message: no port}}}] | CrashLooping | exit code 1 (no port)",
        "containerStatuses: [{name: main, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3, message: `2026-01-01 ERROR Main cannot start: /models/x: no config.json`}}}] | ModelLoadFailed | pod p: /models/x: no config.json. Correct model.source",
        "containerStatuses: [{name: main, ready: false, state: {running: {}}, lastState: {terminated: {exitCode: 3, message: no}}}] | ModelLoadFailed | pod p: no",
        "initContainerStatuses: [{name: fetch-model, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3, message: `10:00 ERROR FetchCommand cannot start: 401: the hub asks for a token`}}}] | ModelFetchFailed | pod p: 401: the hub asks for a token. Correct model.source.huggingFace",
        "containerStatuses: [{name: main, image: r, state: {waiting: {reason: RegistryUnavailable, message: no}}}] | ImagePullFailed | pod p: r: no",
        "containerStatuses: [{name: main, state: {waiting: {reason: RunContainerError, message: no such program}}}] | ContainerConfigInvalid | pod p: no such program. Create or correct",
        "containerStatuses: [{name: main, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 128, reason: StartError, message: no such program}}}] | ContainerConfigInvalid | pod p: no such program. Create or correct",
        "containerStatuses: [{name: main, state: {waiting: {reason: ContainerCreating}}}] | PodsStarting | pods are starting",
        "{phase: Failed, reason: Evicted, message: low on disk, conditions: [{type: Ready, lastTransitionTime: `2026-01-01T00:00:00Z`}]} | PodEvicted | pod p: Evicted: low on disk. Do what",
        "{phase: Failed, containerStatuses: [{name: main, state: {terminated: {exitCode: 3, message: no}}}]} | PodsStarting | pods are starting",
      })
  void aPoolThatLacksPodsSaysWhy(String podStatus, String reason, String message) {
    Pod pod =
        Serialization.unmarshal(
            "kind: Pod\nmetadata: {name: p}\nstatus:\n  "
                + podStatus.replace("`", "\"").replace("status: False", "status: \"False\""),
            Pod.class);

    Condition ready = ready(poolStatus(pool(Role.PREFILL, 1), deployment(1, 0), List.of(pod)));

    assertThat(ready.status()).isEqualTo(Status.False);
    assertThat(ready.reason()).isEqualTo(reason);
    assertThat(ready.message()).startsWith("0 of 1 pods ready; ").contains(message);
  }

  /** The Deployment keeps the time; what it says of it is passed on with the way out. */
  @Test
  void aRollWithoutProgressSaysWhatIsWrongAndWhatToDo() {
    Pod pod =
        Serialization.unmarshal(
            "kind: Pod\nmetadata: {name: p}\nstatus: {conditions: [{type: PodScheduled, status:"
                + " \"False\", reason: Unschedulable, message: 0/3 nodes}]}",
            Pod.class);
    EPDPool pool = pool(Role.DECODE, 1);
    Deployment stuck = progressing(deployment(1, 0), "False", "ProgressDeadlineExceeded");

    Condition progress = poolStatus(pool, stuck, List.of(pod)).conditions().get(1);
    assertThat(progress.status()).isEqualTo(Status.False);
    assertThat(progress.reason()).isEqualTo("ProgressDeadlineExceeded");
    assertThat(progress.message()).startsWith("no progress within 900s: ").contains("0/3 nodes");
    assertThat(progress.message()).doesNotContain("Recreate");

    Deployment old = deployment(1, 1);
    old.getMetadata().setName("c-decode-00000000");
    old.getMetadata().setOwnerReferences(List.of(Owners.controller(pool)));
    stuck.getMetadata().setName(PoolPlanner.deploymentName(pool));
    stuck.getMetadata().setOwnerReferences(List.of(Owners.controller(pool)));
    PoolObservation seen =
        new PoolObservation(
            pool, List.of(old, stuck), List.of(pod), java.util.Optional.empty(), List.of());
    EPDPoolStatus status = PoolStatusPlanner.status(seen, PoolPlanner.plan(seen), CLOCK);
    assertThat(status.conditions().get(1).message())
        .contains("set spec.rollout.strategy of EPDCluster c to Recreate");

    List<EPDPool> pools = ready4(1);
    pool.setStatus(status);
    pools.set(3, pool);
    EPDClusterStatus cluster = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(cluster, ConditionType.Progressing).message()).startsWith("decode: no");
    assertThat(condition(cluster, ConditionType.Degraded).status()).isEqualTo(Status.True);
    assertThat(condition(cluster, ConditionType.Degraded).reason()).isEqualTo("Unschedulable");
  }

  @Test
  void whatMerelyStartsIsNotBroken() {
    List<EPDPool> pools = ready4(1);
    pools.set(2, reporting(pool(Role.PREFILL, 1), 0, Status.False, Reason.PodsStarting));
    Condition degraded =
        condition(clusterStatus(THREE_POOLS, Set.of("p"), pools), ConditionType.Degraded);
    assertThat(degraded.status()).isEqualTo(Status.False);
    assertThat(degraded.reason()).isEqualTo("NothingBroken");
  }

  @Test
  void aModelThatCannotBeFetchedIsBroken() {
    List<EPDPool> pools = ready4(1);
    pools.set(2, reporting(pool(Role.PREFILL, 1), 0, Status.False, Reason.ModelFetchFailed));
    Condition degraded =
        condition(clusterStatus(THREE_POOLS, Set.of("p"), pools), ConditionType.Degraded);
    assertThat(degraded.status()).isEqualTo(Status.True);
    assertThat(degraded.reason()).isEqualTo("ModelFetchFailed");
  }

  /** The Deployment remembers that it was rolled: a lost pod or a scaling is no roll. */
  @Test
  void theRevisionIsThatOfACompletedRoll() {
    EPDPool pool = pool(Role.PREFILL, 2);
    Deployment rolled = progressing(deployment(2, 1), "True", "NewReplicaSetAvailable");
    rolled.getSpec().setTemplate(Fixtures.deployment(pool).getSpec().getTemplate());
    assertThat(poolStatus(pool, rolled, List.of()).revision()).isEqualTo(Revisions.hash(pool));

    Deployment rolling = progressing(deployment(2, 2), "True", "ReplicaSetUpdated");
    rolling.getSpec().setTemplate(rolled.getSpec().getTemplate());
    assertThat(poolStatus(pool, rolling, List.of()).revision()).isNull();

    // Rolled, but to what the spec said before.
    EPDPool changed = pool(Role.PREFILL, 2);
    changed.setSpec(
        changed
            .getSpec()
            .withPodsOf(
                Fixtures.pool(
                        ClusterPlanner.plan(
                            Fixtures.seen(Fixtures.cluster("prefill: {startup: {timeout: 1m}}"))),
                        Role.PREFILL)
                    .desired()
                    .getSpec()));
    Deployment before = progressing(deployment(2, 2), "True", "NewReplicaSetAvailable");
    before.getSpec().setTemplate(rolled.getSpec().getTemplate());
    assertThat(poolStatus(changed, before, List.of()).revision()).isNull();
  }

  @Test
  void aPausedPoolStopsARollMidwayButNeverANewDeployment() {
    EPDPool pool =
        Fixtures.existing(
            Fixtures.pool(
                    ClusterPlanner.plan(
                        Fixtures.seen(
                            Fixtures.cluster("prefill: {replicas: 2}", "rollout: {paused: true}"))),
                    Role.PREFILL)
                .desired(),
            2,
            Set.of());
    assertThat(planned(pool).getSpec().getPaused()).isNull();
    Deployment unseen = deployment(2, 0);
    unseen.getMetadata().setGeneration(2L);
    assertThat(planned(pool, unseen).getSpec().getPaused()).isNull();
    assertThat(
            planned(pool, progressing(deployment(2, 2), "True", "NewReplicaSetAvailable"))
                .getSpec()
                .getPaused())
        .isNull();

    Deployment rolling = progressing(deployment(2, 1), "True", "ReplicaSetUpdated");
    assertThat(planned(pool, rolling).getSpec().getPaused()).isTrue();
    rolling.getSpec().setPaused(true);
    rolling.getMetadata().setGeneration(2L); // being paused is a change that has to be seen too
    assertThat(planned(pool, rolling).getSpec().getPaused()).isTrue();
    rolling.getMetadata().setGeneration(1L);
    assertThat(ready(poolStatus(pool, rolling, List.of())).reason()).isEqualTo("RolloutPaused");
  }

  private static Deployment planned(EPDPool pool, Deployment... live) {
    for (Deployment deployment : live) {
      deployment.getMetadata().setName(PoolPlanner.deploymentName(pool));
      deployment.getMetadata().setOwnerReferences(List.of(Owners.controller(pool)));
    }
    return PoolPlanner.plan(
            new PoolObservation(
                pool, List.of(live), List.of(), java.util.Optional.empty(), List.of()))
        .apply()
        .stream()
        .filter(Deployment.class::isInstance)
        .map(Deployment.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void refusedPodsAreReportedFromTheDeployment() {
    Deployment deployment =
        new DeploymentBuilder(deployment(1, 0))
            .editStatus()
            .withUpdatedReplicas(0)
            .addNewCondition()
            .withType("ReplicaFailure")
            .withStatus("True")
            .withMessage("exceeded quota")
            .endCondition()
            .endStatus()
            .build();
    Condition ready = ready(poolStatus(pool(Role.PREFILL, 1), deployment, List.of()));
    assertThat(ready.reason()).isEqualTo("QuotaExceeded");
    assertThat(ready.message()).contains("exceeded quota").contains("Raise the quota");
  }

  @Test
  void whatAPoolLacksIsCopiedUpWithWhatToDo() {
    List<EPDPool> pools = ready4(1);
    EPDPool prefill = pool(Role.PREFILL, 1);
    Pod pod =
        Serialization.unmarshal(
            """
            kind: Pod
            metadata: {name: p}
            status:
              containerStatuses:
                - name: main
                  state: {waiting: {reason: CrashLoopBackOff}}
                  lastState: {terminated: {exitCode: 3, message: "cannot start: /models/x: no config.json"}}
            """,
            Pod.class);
    prefill.setStatus(poolStatus(prefill, deployment(1, 0), List.of(pod)));
    pools.set(2, prefill);

    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    for (ConditionType type :
        List.of(ConditionType.Ready, ConditionType.ModelReady, ConditionType.PrefillReady)) {
      assertThat(condition(status, type).status()).as(type.name()).isEqualTo(Status.False);
      assertThat(condition(status, type).reason()).isEqualTo("ModelLoadFailed");
      assertThat(condition(status, type).message())
          .contains("/models/x: no config.json")
          .contains("Correct model.source");
    }
    assertThat(condition(status, ConditionType.Progressing).reason())
        .isEqualTo("RolloutInProgress");
    assertThat(condition(status, ConditionType.ImageServing).reason()).isEqualTo("NoPrefill");
  }

  @Test
  void aPoolThatHasNoRoomLimitsTheCluster() {
    List<EPDPool> pools = ready4(1);
    EPDPool decode = pool(Role.DECODE, 1);
    Pod pod =
        Serialization.unmarshal(
            "kind: Pod\nmetadata: {name: p}\nstatus: {conditions: [{type: PodScheduled, status:"
                + " \"False\", reason: Unschedulable, message: 0/3 nodes}]}",
            Pod.class);
    decode.setStatus(poolStatus(decode, deployment(1, 0), List.of(pod)));
    pools.set(3, decode);
    Condition limited =
        condition(clusterStatus(THREE_POOLS, Set.of("p"), pools), ConditionType.CapacityLimited);
    assertThat(limited.status()).isEqualTo(Status.True);
    assertThat(limited.reason()).isEqualTo("Unschedulable");
    assertThat(limited.message()).startsWith("decode: ").contains("0/3 nodes");

    assertThat(
            condition(
                    clusterStatus(THREE_POOLS, Set.of("p"), ready4(1)),
                    ConditionType.CapacityLimited)
                .reason())
        .isEqualTo("NotLimited");
  }

  @Test
  void theTimeOfAConditionIsThatOfItsStatus() {
    Condition old =
        new Condition("Ready", Status.False, 1L, "2025-01-01T00:00:00Z", "PodsStarting", "x");
    ConditionFactory factory = new ConditionFactory(CLOCK, List.of(old), 2L);

    assertThat(
            factory
                .of(ConditionType.Ready, Status.False, Reason.CrashLooping, "y")
                .lastTransitionTime())
        .isEqualTo("2025-01-01T00:00:00Z");
    assertThat(
            factory
                .of(ConditionType.Ready, Status.True, Reason.PoolReady, "y")
                .lastTransitionTime())
        .isEqualTo(NOON.toString());
  }
}

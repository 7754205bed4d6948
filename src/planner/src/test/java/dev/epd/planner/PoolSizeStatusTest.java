package dev.epd.planner;

import static dev.epd.planner.StatusFixtures.NOON;
import static dev.epd.planner.StatusFixtures.THREE_POOLS;
import static dev.epd.planner.StatusFixtures.clusterStatus;
import static dev.epd.planner.StatusFixtures.condition;
import static dev.epd.planner.StatusFixtures.deployment;
import static dev.epd.planner.StatusFixtures.pool;
import static dev.epd.planner.StatusFixtures.poolStatus;
import static dev.epd.planner.StatusFixtures.ready;
import static dev.epd.planner.StatusFixtures.ready4;
import static dev.epd.planner.StatusFixtures.rolled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.ScaleDecision;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said while the number of pods changes, by choice or by loss, or may not change. */
class PoolSizeStatusTest {
  /** From one to three and back, step by step as Kubernetes takes them: what stood stands. */
  @Test
  void aChangeOfTheNumberAloneTakesNothingFromReady() {
    EPDPool pool = pool(Role.PREFILL, 1);
    Deployment live = rolled(pool, 1, 1);
    pool.setStatus(poolStatus(pool, live, List.of()));
    for (int[] step : new int[][] {{1, 1}, {3, 1}, {3, 2}, {3, 3}, {1, 3}, {1, 1}}) {
      int wanted = step[0];
      int ready = step[1];
      pool.setSpec(pool.getSpec().withReplicas(wanted));
      for (boolean fresh : List.of(false, true)) {
        if (fresh) {
          live = rolled(pool, wanted, ready);
        } else {
          live.getMetadata().setGeneration(2L);
        }
        EPDPoolStatus status = poolStatus(pool, live, List.of());
        assertThat(ready(status).status()).as("%d of %d", ready, wanted).isEqualTo(Status.True);
        assertThat(status.revision()).isEqualTo(Revisions.hash(pool));
        boolean complete = fresh && ready >= wanted;
        assertThat(status.conditions().get(1).status())
            .as("Progressing at %d of %d", ready, wanted)
            .isEqualTo(complete ? Status.False : Status.True);
        pool.setStatus(status);
      }
    }
  }

  @Test
  void whoLosesAPodWhileItGrowsIsNotReady() {
    EPDPool pool = pool(Role.PREFILL, 2);
    pool.setStatus(poolStatus(pool, rolled(pool, 2, 2), List.of()));
    pool.setSpec(pool.getSpec().withReplicas(4));
    EPDPoolStatus lost = poolStatus(pool, rolled(pool, 4, 1), List.of());
    assertThat(ready(lost).reason()).isEqualTo("PodLost");
    pool.setStatus(lost);
    assertThat(ready(poolStatus(pool, rolled(pool, 4, 3), List.of())).status())
        .as("it has to be whole again first")
        .isEqualTo(Status.False);
  }

  /** A Deployment whose refused template was taken back says so for a while longer. */
  @Test
  void onlyPodsThatAreStillWantedAreRefused() {
    EPDPool pool = pool(Role.PREFILL, 1);
    pool.setStatus(poolStatus(pool, rolled(pool, 1, 1), List.of()));
    assertThat(ready(poolStatus(pool, refused(rolled(pool, 1, 1)), List.of())).status())
        .isEqualTo(Status.True);

    pool.setSpec(pool.getSpec().withReplicas(2));
    Deployment growing = refused(rolled(pool, 2, 1));
    growing.getStatus().setUpdatedReplicas(1);
    assertThat(ready(poolStatus(pool, growing, List.of())).message()).contains("no priority 5");
    growing.getMetadata().setGeneration(9L);
    assertThat(ready(poolStatus(pool, growing, List.of())).message())
        .as("its controller has not seen this spec")
        .doesNotContain("no priority 5");
  }

  private static Deployment refused(Deployment deployment) {
    return new DeploymentBuilder(deployment)
        .editStatus()
        .addNewCondition()
        .withType("ReplicaFailure")
        .withStatus("True")
        .withMessage("no priority 5")
        .endCondition()
        .endStatus()
        .build();
  }

  @Test
  void aPoolThatWakesHasNothingThatStands() {
    EPDPool pool = pool(Role.ENCODER, 0);
    pool.setStatus(poolStatus(pool, rolled(pool, 0, 0), List.of()));
    assertThat(ready(requireStatus(pool)).reason()).isEqualTo("ScaledToZero");
    pool.setSpec(pool.getSpec().withReplicas(1));
    pool.getMetadata().setGeneration(2L);
    List<EPDPool> pools = ready4(1);
    pools.set(1, pool);
    assertThat(
            condition(clusterStatus(THREE_POOLS, Set.of("p"), pools), ConditionType.Ready).status())
        .isEqualTo(Status.False);
    assertThat(ready(poolStatus(pool, rolled(pool, 1, 0), List.of())).status())
        .isEqualTo(Status.False);
  }

  /** The cluster too, before the pool has looked at its new number. */
  @Test
  void aPoolThatWasGivenAnotherNumberStillSpeaksOfItsPods() {
    List<EPDPool> pools = ready4(1);
    EPDPool prefill = pools.get(2);
    prefill.setStatus(poolStatus(prefill, rolled(prefill, 1, 1), List.of()));
    prefill.setSpec(prefill.getSpec().withReplicas(3));
    prefill.getMetadata().setGeneration(2L);
    EPDClusterStatus status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.Ready).status()).isEqualTo(Status.True);
    assertThat(condition(status, ConditionType.Progressing).status()).isEqualTo(Status.True);

    prefill.setStatus(poolStatus(prefill, rolled(prefill, 3, 1), List.of()));
    status = clusterStatus(THREE_POOLS, Set.of("p"), pools);
    assertThat(condition(status, ConditionType.Ready).status()).isEqualTo(Status.True);
    assertThat(condition(status, ConditionType.Ready).reason()).isEqualTo("PoolResizing");
    assertThat(condition(status, ConditionType.Ready).message())
        .isEqualTo("PrefillReady: 1 of 3 pods ready; others start");
  }

  /** It stays in the namespace; what serves in its place is ready, and the next one starts. */
  @Test
  void anEvictedPodThatWasReplacedIsNoNewsOfAPoolThatGrows() {
    EPDPool pool = ready4(1).get(2);
    pool.setStatus(poolStatus(pool, rolled(pool, 1, 1), List.of()));
    pool.setSpec(pool.getSpec().withReplicas(2));
    Pod evicted = pod("00:00:00", "phase: Failed, reason: Evicted");
    Pod ready = pod("00:01:00", "phase: Running, conditions: [{type: Ready, status: \"True\"}]");
    assertThat(ready(poolStatus(pool, rolled(pool, 2, 1), List.of(evicted, ready))).reason())
        .isEqualTo("PoolResizing");
    assertThat(ready(poolStatus(pool, rolled(pool, 2, 0), List.of(evicted))).reason())
        .isEqualTo("PodEvicted");
  }

  private static Pod pod(String created, String status) {
    String yaml =
        "kind: Pod\nmetadata: {name: p, creationTimestamp: \"2026-01-01T%sZ\"}\nstatus: {%s}";
    return Serialization.unmarshal(yaml.formatted(created, status), Pod.class);
  }

  @Test
  void aLostPodIsNamedUntilItsReplacementIsReady() {
    List<EPDPool> pools = ready4(2);
    EPDPool pool = pools.get(2);
    for (int[] step : new int[][] {{2, 2}, {2, 1}, {2, 0}, {2, 1}, {3, 1}, {3, 2}, {3, 3}}) {
      pool.setSpec(pool.getSpec().withReplicas(step[0]));
      boolean lacks = step[1] < step[0];
      pool.setStatus(poolStatus(pool, rolled(pool, step[0], step[1]), List.of()));
      assertThat(ready(requireStatus(pool)).reason())
          .as("%d of %d", step[1], step[0])
          .isEqualTo(lacks ? "PodLost" : "PoolReady");
      Condition degraded =
          condition(clusterStatus(THREE_POOLS, Set.of("p"), pools), ConditionType.Degraded);
      assertThat(degraded.reason()).isEqualTo(lacks ? "PodLost" : "NothingBroken");
    }
  }

  @Test
  void aPoolThatIsRolledHasLostNothing() {
    EPDPool pool = pool(Role.PREFILL, 2);
    pool.setStatus(poolStatus(pool, rolled(pool, 2, 2), List.of()));
    Deployment rolling = rolled(pool, 2, 1);
    rolling.getStatus().setUpdatedReplicas(1);
    rolling.getStatus().setConditions(List.of());
    assertThat(ready(poolStatus(pool, rolling, List.of())).reason()).isEqualTo("PodsStarting");
  }

  private static EPDPoolStatus requireStatus(EPDPool pool) {
    return Objects.requireNonNull(pool.getStatus());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MaxReplicas           | 7 | 3 | MaxReplicas   | asks for 7 pods, at most 3
          Ratio/encoder:prefill | 3 | 2 | Ratio         | asks for 3 pods, Ratio/encoder:prefill leaves 2
          Ratio/encoder:prefill | 2 | 3 | NotLimited    | room
          ScaleUpRate           | 3 | 2 | NotLimited    | room
          """)
  void aLoadBeyondTheBoundsIsNamed(
      String limitedBy, int wanted, int to, String reason, String message) {
    List<EPDPool> pools = ready4(3);
    EPDPoolStatus before = Objects.requireNonNull(pools.get(1).getStatus());
    pools
        .get(1)
        .setStatus(
            new EPDPoolStatus(
                1L,
                3,
                3,
                0,
                null,
                before.conditions(),
                new ScaleDecision(
                    null,
                    1,
                    to,
                    wanted,
                    limitedBy,
                    "ImageQueue",
                    "busy",
                    Map.of(),
                    NOON.toString()),
                null,
                List.of()));
    Condition limited =
        condition(clusterStatus(THREE_POOLS, Set.of("p"), pools), ConditionType.CapacityLimited);
    assertThat(limited.reason()).isEqualTo(reason);
    assertThat(limited.message()).contains(message);
  }

  @Test
  void podsBeyondTheReplicasAreLeaving() {
    Pod running = Serialization.unmarshal("kind: Pod\nmetadata: {name: p}\n", Pod.class);
    EPDPoolStatus status = poolStatus(pool(Role.PREFILL, 0), deployment(0, 0), List.of(running));
    assertThat(status.drainingReplicas()).isEqualTo(1);
  }
}

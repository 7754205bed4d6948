package dev.epd.planner;

import static dev.epd.planner.StatusFixtures.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the budget lets go, by the arithmetic of Kubernetes' own controller. */
class DisruptionBudgetsTest {
  private static final String KEY = "11111111";
  private static final String OTHER = "22222222";
  private static final Duration BUDGET = PoolPlanner.startBudget(pool().getSpec());

  @Test
  void aPodThatStartsUsesTheBudgetUpAndOneThatNeverComesDoesNot() {
    Deployment three = deployment(KEY, 3);
    Pod pending = notReady(KEY, NOON.minus(BUDGET).plusSeconds(30));
    PoolObservation starting = seen(NOON, List.of(three), ready(KEY), ready(KEY), pending);
    assertThat(maxUnavailable(starting)).isEqualTo(1);
    assertThat(allowed(starting)).isZero();
    assertThat(NextLook.after(starting)).contains(Duration.ofSeconds(30));

    PoolObservation given =
        seen(NOON.plusSeconds(30), List.of(three), ready(KEY), ready(KEY), pending);
    assertThat(maxUnavailable(given)).isEqualTo(2);
    assertThat(allowed(given)).isEqualTo(1);
    assertThat(NextLook.after(given)).isEmpty();
  }

  /** It takes turns at running and waiting; Kubernetes' condition does not. */
  @Test
  void aPodThatWasReadyCountsFromWhenItLastWas() {
    Pod lost =
        new PodBuilder(notReady(KEY, NOON.minus(Duration.ofDays(1))))
            .withNewStatus()
            .addNewCondition()
            .withType("Ready")
            .withStatus("False")
            .withLastTransitionTime(NOON.minusSeconds(60).toString())
            .endCondition()
            .endStatus()
            .build();
    assertThat(allowed(seen(NOON, List.of(deployment(KEY, 2)), ready(KEY), lost))).isZero();
    assertThat(allowed(seen(NOON.plus(BUDGET), List.of(deployment(KEY, 2)), ready(KEY), lost)))
        .isEqualTo(1);
  }

  @Test
  void aPodThatARollAddedInVainGivesNothingAway() {
    Pod stuck = notReady(KEY, NOON.minus(BUDGET));
    PoolObservation seen = seen(NOON, List.of(deployment(KEY, 2)), ready(KEY), ready(KEY), stuck);
    assertThat(maxUnavailable(seen)).isEqualTo(1);
    assertThat(allowed(seen)).isEqualTo(1);
  }

  @Test
  void aSetThatDoesNotComeUpDoesNotHoldTheOneThatServes() {
    Pod stuck = notReady(OTHER, NOON.minus(BUDGET));
    assertThat(
            allowed(
                seen(
                    NOON,
                    List.of(deployment(KEY, 2), deployment(OTHER, 2)),
                    ready(KEY),
                    ready(KEY),
                    stuck,
                    stuck)))
        .isEqualTo(1);
  }

  @Test
  void podsThatNobodyLetsBeMadeAreGivenUpToo() {
    Deployment refused =
        new DeploymentBuilder(deployment(KEY, 4))
            .withNewStatus()
            .addNewCondition()
            .withType("ReplicaFailure")
            .withStatus("True")
            .withLastTransitionTime(NOON.toString())
            .endCondition()
            .endStatus()
            .build();
    assertThat(allowed(seen(NOON, List.of(refused), ready(KEY)))).isZero();
    assertThat(allowed(seen(NOON.plus(BUDGET), List.of(refused), ready(KEY)))).isEqualTo(1);
    assertThat(maxUnavailable(seen(NOON.plus(BUDGET), List.of(refused))))
        .as("Kubernetes does not count a Deployment without pods")
        .isEqualTo(1);
  }

  /**
   * Of a pod whose controller is gone Kubernetes can't say how many there should be: none may go.
   */
  @Test
  void podsWhoseDeploymentIsGoneAreNotCounted() {
    String own = CompatibilityKey.of(pool().getSpec());
    Deployment old = deployment(KEY, 2);
    assertThat(keys(seen(NOON, List.of(old, deployment(own, 2)), ready(KEY), ready(own))))
        .containsExactlyInAnyOrder(own, KEY);
    assertThat(keys(seen(NOON, List.of(deployment(own, 2)), ready(KEY), ready(own))))
        .containsExactly(own);
    Deployment going =
        new DeploymentBuilder(old)
            .editMetadata()
            .withDeletionTimestamp(NOON.toString())
            .endMetadata()
            .build();
    assertThat(keys(seen(NOON, List.of(going), ready(KEY)))).containsExactly(own);
  }

  private static List<String> keys(PoolObservation seen) {
    LabelSelectorRequirement keys =
        budget(seen).getSpec().getSelector().getMatchExpressions().getFirst();
    assertThat(keys.getKey()).isEqualTo(Labels.COMPATIBILITY_KEY);
    return keys.getValues();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void neverMoreThanOneAtATimeAndInTheEndAlwaysOne(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      List<Deployment> deployments = new ArrayList<>();
      List<Pod> pods = new ArrayList<>();
      int ready = 0;
      for (String key : List.of(KEY, OTHER)) {
        int number = random.nextInt(4);
        deployments.add(deployment(key, number));
        for (int i = 0; i < number + random.nextInt(2); i++) {
          boolean isReady = i < number && random.nextBoolean();
          ready += isReady ? 1 : 0;
          pods.add(
              isReady
                  ? ready(key)
                  : notReady(key, NOON.minus(BUDGET.multipliedBy(random.nextInt(3)))));
        }
      }
      Pod[] all = pods.toArray(Pod[]::new);
      assertThat(allowed(seen(NOON, deployments, all))).isBetween(0, 1);
      if (ready > 0) {
        assertThat(allowed(seen(NOON.plus(BUDGET), deployments, all))).isEqualTo(1);
      }
    }
  }

  /** disruptionsAllowed, as the disruption controller computes it. */
  private static int allowed(PoolObservation seen) {
    int expected =
        seen.deployments().stream()
            .filter(d -> seen.pods().stream().anyMatch(p -> sameKey(p, d)))
            .mapToInt(d -> d.getSpec().getReplicas())
            .sum();
    int healthy = (int) seen.pods().stream().filter(PodReadiness::isReady).count();
    int desired = Math.max(0, expected - maxUnavailable(seen));
    return expected == 0 ? 0 : Math.max(0, healthy - desired);
  }

  private static boolean sameKey(Pod pod, Deployment deployment) {
    return KeyChange.keyOf(pod).equals(KeyChange.keyOf(deployment));
  }

  private static int maxUnavailable(PoolObservation seen) {
    return budget(seen).getSpec().getMaxUnavailable().getIntVal();
  }

  private static PodDisruptionBudget budget(PoolObservation seen) {
    return PoolPlanner.plan(seen).apply().stream()
        .filter(PodDisruptionBudget.class::isInstance)
        .map(PodDisruptionBudget.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private static EPDPool pool() {
    return StatusFixtures.pool(Role.PREFILL, 2);
  }

  private static PoolObservation seen(Instant now, List<Deployment> deployments, Pod... pods) {
    return new PoolObservation(
        pool(), deployments, List.of(pods), Optional.empty(), List.of(), List.of(), List.of(), now);
  }

  private static Deployment deployment(String key, int replicas) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withName("c-prefill-" + key)
        .withLabels(Map.of(Labels.COMPATIBILITY_KEY, key))
        .withOwnerReferences(Owners.controller(pool()))
        .endMetadata()
        .withNewSpec()
        .withReplicas(replicas)
        .endSpec()
        .build();
  }

  private static Pod ready(String key) {
    return new PodBuilder(notReady(key, NOON))
        .withNewStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod notReady(String key, Instant made) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .withLabels(Map.of(Labels.COMPATIBILITY_KEY, key))
        .withCreationTimestamp(made.toString())
        .endMetadata()
        .build();
  }
}

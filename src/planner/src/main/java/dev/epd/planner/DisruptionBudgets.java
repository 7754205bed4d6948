package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A pool's PodDisruptionBudget: one pod at a time. Counted in unavailable pods, so that it never
 * blocks the drain of a node for good, not even with a single pod; and pods that are not ready may
 * always be evicted (<a
 * href="https://kubernetes.io/docs/tasks/run-application/configure-pdb/">AlwaysAllow</a>).
 *
 * <p>A pod that is missing uses up the budget, as long as it may still come: what was evicted is
 * waited for. One that has been missing for longer than a start may take is given up: it would hold
 * every other pod on its node for ever.
 *
 * <p>Only pods whose Deployment is there: of one whose controller is gone Kubernetes can't tell how
 * many it belongs to, and lets none of all the others go.
 */
final class DisruptionBudgets {
  private DisruptionBudgets() {}

  static Optional<PodDisruptionBudget> of(PoolObservation seen) {
    EPDPool pool = seen.pool();
    EPDPoolSpec spec = pool.getSpec();
    if (!spec.disruptionOrDefault().hasBudget()) {
      return Optional.empty();
    }
    return Optional.of(
        new PodDisruptionBudgetBuilder()
            .withMetadata(
                PoolPlanner.meta(pool, pool.getMetadata().getName(), PoolPlanner.poolLabels(pool)))
            .withNewSpec()
            .withMaxUnavailable(new IntOrString(1 + givenUp(seen)))
            .withUnhealthyPodEvictionPolicy("AlwaysAllow")
            .withNewSelector()
            .withMatchLabels(Labels.roleSelector(spec.clusterRef().name(), spec.role()))
            .addNewMatchExpression()
            .withKey(Labels.COMPATIBILITY_KEY)
            .withOperator("In")
            .withValues(keys(seen))
            .endMatchExpression()
            .endSelector()
            .endSpec()
            .build());
  }

  private static List<String> keys(PoolObservation seen) {
    return Stream.concat(
            Stream.of(CompatibilityKey.of(seen.pool().getSpec())),
            seen.deployments().stream()
                .filter(d -> Owners.controls(seen.pool(), d.getMetadata()))
                .filter(d -> d.getMetadata().getDeletionTimestamp() == null)
                .map(KeyChange::keyOf))
        .distinct()
        .sorted()
        .toList();
  }

  /** When the next missing pod is given up, from when it was looked at; empty: none is missing. */
  static Optional<Duration> nextGivenUp(PoolObservation seen) {
    if (!seen.pool().getSpec().disruptionOrDefault().hasBudget()) {
      return Optional.empty();
    }
    return counted(seen).stream()
        .flatMap(deployment -> missingSince(seen, deployment))
        .map(since -> since.plus(PoolPlanner.startBudget(seen.pool().getSpec())))
        .filter(seen.now()::isBefore)
        .min(Instant::compareTo)
        .map(at -> Duration.between(seen.now(), at));
  }

  /**
   * No more than are missing: a pod that a roll has added beside the full number takes nothing from
   * the budget.
   */
  private static int givenUp(PoolObservation seen) {
    Instant before = seen.now().minus(PoolPlanner.startBudget(seen.pool().getSpec()));
    int missing = 0;
    int given = 0;
    for (Deployment deployment : counted(seen)) {
      long ready = pods(seen, deployment).stream().filter(PodReadiness::isReady).count();
      missing += DeploymentState.number(deployment) - (int) ready;
      given += (int) missingSince(seen, deployment).filter(since -> !since.isAfter(before)).count();
    }
    return Math.clamp(missing, 0, given);
  }

  /** Since when each pod that is not ready is not, and each that could not be made. */
  private static Stream<Instant> missingSince(PoolObservation seen, Deployment deployment) {
    List<Pod> pods = pods(seen, deployment);
    Stream<Instant> notReady =
        pods.stream().flatMap(pod -> Stream.ofNullable(PodReadiness.notReadySince(pod)));
    @Nullable Instant refused = DeploymentState.refusedSince(deployment);
    int notMade = Math.max(0, DeploymentState.number(deployment) - pods.size());
    return refused == null
        ? notReady
        : Stream.concat(notReady, Stream.generate(() -> refused).limit(notMade));
  }

  /** As Kubernetes counts: the numbers of those Deployments that have a pod. */
  private static List<Deployment> counted(PoolObservation seen) {
    return seen.deployments().stream()
        .filter(d -> Owners.controls(seen.pool(), d.getMetadata()))
        .filter(d -> !pods(seen, d).isEmpty())
        .toList();
  }

  private static List<Pod> pods(PoolObservation seen, Deployment deployment) {
    return seen.pods().stream()
        .filter(pod -> KeyChange.keyOf(pod).equals(KeyChange.keyOf(deployment)))
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(PoolStatusPlanner::isAlive)
        .toList();
  }
}

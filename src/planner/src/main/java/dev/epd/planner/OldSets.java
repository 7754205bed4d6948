package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.RolloutStrategy;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How an old set follows the load. A change of key lasts as long as a model takes to load, and
 * until its end the old set answers every request: it gets as many pods as the pool is to have, and
 * keeps what it has when that is fewer. Not with Recreate, whose old set goes first, nor under a
 * GPU budget, which both sets would exceed.
 */
final class OldSets {
  private OldSets() {}

  /** The pool's Deployments of the key that serves, if it is not the wanted one, with more pods. */
  static List<PoolPlan.Growth> growing(PoolObservation seen, String key) {
    EPDPool pool = seen.pool();
    EPDPoolSpec spec = pool.getSpec();
    Set<String> serving =
        seen.gateways().stream()
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
            .filter(PodReadiness::isReady)
            .map(KeyChange::keyOf)
            .collect(Collectors.toSet());
    boolean recreates =
        spec.clusterRolloutOrDefault().strategyOrDefault() == RolloutStrategy.Recreate;
    if (recreates || spec.suspended() || spec.maxReplicas() != null || serving.contains(key)) {
      return List.of();
    }
    return seen.deployments().stream()
        .filter(d -> Owners.controls(pool, d.getMetadata()))
        .filter(d -> d.getMetadata().getDeletionTimestamp() == null)
        .filter(d -> serving.contains(KeyChange.keyOf(d)))
        .filter(d -> DeploymentState.number(d) < spec.podsWanted())
        .map(d -> new PoolPlan.Growth(d.getMetadata().getName(), spec.podsWanted()))
        .toList();
  }
}

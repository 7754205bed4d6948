package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.Optional;

/**
 * A pool's PodDisruptionBudget: one pod at a time. Counted in unavailable pods, so that it never
 * blocks the drain of a node for good, not even with a single pod; and pods that are not ready do
 * not count, so that a broken pool does not either (<a
 * href="https://kubernetes.io/docs/tasks/run-application/configure-pdb/">AlwaysAllow</a>).
 */
final class DisruptionBudgets {
  private DisruptionBudgets() {}

  static Optional<PodDisruptionBudget> of(EPDPool pool) {
    EPDPoolSpec spec = pool.getSpec();
    if (!spec.disruptionOrDefault().hasBudget()) {
      return Optional.empty();
    }
    return Optional.of(
        new PodDisruptionBudgetBuilder()
            .withMetadata(
                PoolPlanner.meta(pool, pool.getMetadata().getName(), PoolPlanner.poolLabels(pool)))
            .withNewSpec()
            .withMaxUnavailable(new IntOrString(1))
            .withUnhealthyPodEvictionPolicy("AlwaysAllow")
            .withNewSelector()
            .withMatchLabels(Labels.roleSelector(spec.clusterRef().name(), spec.role()))
            .endSelector()
            .endSpec()
            .build());
  }
}

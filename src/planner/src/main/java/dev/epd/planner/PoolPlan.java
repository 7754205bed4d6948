package dev.epd.planner;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import java.util.List;
import java.util.Optional;

/**
 * What should exist for a pool.
 *
 * @param revision the template's ControllerRevision, to be created before anything is applied;
 *     empty: it exists
 * @param apply objects to apply as {@link FieldManagers#POOL}, in this order; empty with a problem,
 *     so that what runs goes on running
 * @param delete Deployments of an older compatibility key that the new one has replaced, and what
 *     the spec no longer wants
 * @param grow Deployments of an older key that serve still and need more pods
 * @param problem why the spec cannot be acted on
 * @param waitsFor why the Deployment of the spec's compatibility key may not be made yet
 */
public record PoolPlan(
    Optional<ControllerRevision> revision,
    List<HasMetadata> apply,
    List<HasMetadata> delete,
    List<Growth> grow,
    Optional<Problem> problem,
    Optional<Problem> waitsFor) {
  public PoolPlan {
    apply = List.copyOf(apply);
    delete = List.copyOf(delete);
    grow = List.copyOf(grow);
  }

  /** A Deployment that gets so many pods and stays as it is otherwise. */
  public record Growth(String deployment, int replicas) {}

  /** Nothing can be done: what runs goes on running. */
  public static PoolPlan refused(Problem problem) {
    return new PoolPlan(
        Optional.empty(), List.of(), List.of(), List.of(), Optional.of(problem), Optional.empty());
  }
}

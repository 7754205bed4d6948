package dev.epd.planner;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;

/**
 * What should exist for a pool.
 *
 * @param apply objects to apply as {@link FieldManagers#POOL}, in this order; empty with a problem,
 *     so that what runs goes on running
 * @param delete Deployments of an older compatibility key that the new one has replaced, and what
 *     the spec no longer wants
 * @param problem why the spec cannot be acted on
 * @param waitsFor what has to come first, in a change of compatibility key
 */
public record PoolPlan(
    List<HasMetadata> apply,
    List<HasMetadata> delete,
    Optional<Problem> problem,
    Optional<String> waitsFor) {
  public PoolPlan {
    apply = List.copyOf(apply);
    delete = List.copyOf(delete);
  }

  /** Nothing is done, so that what runs goes on running. */
  public static PoolPlan refused(Problem problem) {
    return new PoolPlan(List.of(), List.of(), Optional.of(problem), Optional.empty());
  }
}

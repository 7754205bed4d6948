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
 */
public record PoolPlan(
    List<HasMetadata> apply, List<HasMetadata> delete, Optional<Problem> problem) {
  public PoolPlan {
    apply = List.copyOf(apply);
    delete = List.copyOf(delete);
  }
}

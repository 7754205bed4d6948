package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Role;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a suspended cluster empties: the gateway first, which takes no new requests
 * and finishes those it has; the others only when no gateway is left that needs them.
 */
final class Suspension {
  private Suspension() {}

  /** Whether the pool of a role is to have no pods now. */
  static boolean reaches(Role role, EPDCluster cluster, Map<Role, EPDPool> pools) {
    if (!cluster.getSpec().suspended()) {
      return false;
    }
    EPDPool pool = pools.get(role);
    // A pool that is made now has nothing to finish.
    boolean already = pool == null || pool.getSpec().suspended();
    return role == Role.GATEWAY || already || isEmpty(pools.get(Role.GATEWAY));
  }

  private static boolean isEmpty(@Nullable EPDPool pool) {
    if (pool == null) {
      return true;
    }
    EPDPoolStatus status = pool.getStatus();
    return status != null
        && pool.getSpec().suspended()
        && Objects.equals(status.observedGeneration(), pool.getMetadata().getGeneration())
        && Objects.equals(status.replicas(), 0)
        && status.drainingOrZero() == 0;
  }
}

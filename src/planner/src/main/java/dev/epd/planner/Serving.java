package dev.epd.planner;

import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which role the way of a request lacks. A gateway knows pods of its own compatibility key only, so
 * that ready pods of every role are no way unless they are of one key.
 */
final class Serving {
  private static final List<Role> WAY =
      List.of(Role.GATEWAY, Role.PREFILL, Role.DECODE, Role.ENCODER);

  /** Of a pool that was reported on before statuses named the keys of ready pods. */
  private static final String ANY = "";

  private Serving() {}

  /**
   * The first role that is lacking in the set that lacks least; encoders that sleep are no lack.
   */
  static Optional<Problem> lacking(EPDCluster cluster, ClusterPlan plan, Map<Role, EPDPool> pools) {
    List<Role> needed =
        WAY.stream()
            .filter(cluster.getSpec().roles()::contains)
            .filter(role -> !plan.isYetToCome(role, pools.keySet()))
            .filter(role -> role != Role.ENCODER || !sleeps(cluster, pools.get(role)))
            .toList();
    int furthest =
        keys(pools.get(Role.GATEWAY)).stream()
            .mapToInt(key -> reached(needed, pools, key))
            .max()
            .orElse(0);
    return furthest == needed.size()
        ? refused(pools)
        : Optional.of(problem(needed.get(furthest), pools));
  }

  /** Pods that no gateway uses are no way, however ready they are. */
  private static Optional<Problem> refused(Map<Role, EPDPool> pools) {
    return ClusterConditions.firstOf(
            pools, ConditionType.Degraded, c -> c.reason().equals(Reason.RoleRefused.name()))
        .map(found -> new Problem(Reason.RoleRefused, found.condition().message()));
  }

  /** A cluster that is at 0 encoders by choice does without; images wake them, or wait. */
  private static boolean sleeps(EPDCluster cluster, @Nullable EPDPool encoder) {
    return ClusterStatusPlanner.desired(cluster, Role.ENCODER, encoder) == 0;
  }

  /** How many of the roles, from the first on, have a ready pod of the key. */
  private static int reached(List<Role> needed, Map<Role, EPDPool> pools, String key) {
    int reached = 0;
    while (reached < needed.size() && isReady(pools.get(needed.get(reached)), key)) {
      reached++;
    }
    return reached;
  }

  private static boolean isReady(@Nullable EPDPool pool, String key) {
    List<String> keys = keys(pool);
    return keys.contains(key) || keys.contains(ANY) || (key.equals(ANY) && !keys.isEmpty());
  }

  private static List<String> keys(@Nullable EPDPool pool) {
    EPDPoolStatus status = pool == null ? null : pool.getStatus();
    if (status == null || ClusterStatusPlanner.ready(pool) == 0) {
      return List.of();
    }
    return status.readyKeys().isEmpty() ? List.of(ANY) : status.readyKeys();
  }

  private static Problem problem(Role role, Map<Role, EPDPool> pools) {
    Reason reason =
        switch (role) {
          case GATEWAY -> Reason.GatewayDown;
          case PREFILL -> Reason.NoPrefill;
          case DECODE -> Reason.NoDecode;
          case ENCODER -> Reason.NoEncoder;
        };
    String message =
        ClusterStatusPlanner.ready(pools.get(role)) == 0
            ? reason.help()
            : ("The %s pods that are ready are of another compatibility key than the gateway: they"
                    + " never talk to each other. %s")
                .formatted(role.value(), reason.remedy());
    return new Problem(reason, message);
  }
}

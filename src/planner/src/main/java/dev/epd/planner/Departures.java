package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolloutStrategy;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Roles that left the spec. A gateway pod knows its stages from its start to its end, so the pool
 * of such a role stays as it is, and is scaled and reached as before, until the last gateway pod
 * that may send to it has gone. What the gateway's pool reports says so; nothing is remembered.
 */
final class Departures {
  private Departures() {}

  /** The roles that left the spec and whose pools must stay for now, each with the reason. */
  static Map<Role, Problem> staying(EPDCluster cluster, Map<Role, EPDPool> pools) {
    boolean paused = cluster.getSpec().rolloutOrDefault().isPaused();
    Map<Role, Problem> staying = new EnumMap<>(Role.class);
    for (Role role : pools.keySet()) {
      if (cluster.getSpec().roles().contains(role)) {
        continue;
      }
      Optional<Problem> reason =
          paused
              // A paused gateway still counts on every stage that it knows.
              ? Optional.of(new Problem(Reason.RolloutPaused, Reason.RolloutPaused.help()))
              : waitsFor(cluster, pools.get(Role.GATEWAY), role)
                  .map(
                      what ->
                          new Problem(
                              Reason.RoleLeaving,
                              "%s left the spec, its pods serve until no gateway is left that may"
                                      .formatted(role.value())
                                  + " send to them: "
                                  + what));
      reason.ifPresent(problem -> staying.put(role, problem));
    }
    return staying;
  }

  private static Optional<String> waitsFor(
      EPDCluster cluster, @Nullable EPDPool gateway, Role role) {
    EPDPoolStatus status = gateway == null ? null : gateway.getStatus();
    if (gateway == null
        || status == null
        || gateway.getSpec().gateway() == null
        || gateway.getSpec().gateway().topology().contains(role)
        || !Objects.equals(status.observedGeneration(), gateway.getMetadata().getGeneration())) {
      return Optional.of("the gateway has not looked at its new stages yet");
    }
    if (status.drainingOrZero() > 0) {
      return Optional.of(
          "gateway pods that finish their requests: %d".formatted(status.drainingOrZero()));
    }
    if (Objects.equals(status.replicas(), 0) && goesFirst(cluster)) {
      return Optional.empty();
    }
    String key = CompatibilityKey.of(gateway.getSpec());
    boolean isReplaced =
        Revisions.hash(gateway).equals(status.revision())
            && status.compatibilityKeys().stream().allMatch(key::equals);
    return isReplaced
        ? Optional.empty()
        : Optional.of("the gateway's pods are being replaced, see condition GatewayReady");
  }

  /**
   * Where the gateway empties before all others there may be no new one that replaces it yet, and
   * what leaves may hold the room that the new set needs.
   */
  private static boolean goesFirst(EPDCluster cluster) {
    return cluster.getSpec().suspended()
        || cluster.getSpec().rolloutOrDefault().strategyOrDefault() == RolloutStrategy.Recreate;
  }
}

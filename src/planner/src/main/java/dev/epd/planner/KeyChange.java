package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.PoolGateway;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolloutStrategy;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From one compatibility key to another without a request that crosses. A gateway sees pods of its
 * own key only, so the order of four steps is all it takes.
 *
 * <p>Coordinated and Independent: the new encoders, prefills and decodes come up beside the old
 * ones; once they are complete, the new gateway comes; once it is ready, the old gateway goes,
 * finishing what it has; once its last pod has gone, so do the old set's pods. A set that no
 * gateway is of any more serves nobody and goes at once: it may hold what the new one still needs.
 *
 * <p>Recreate, where there is no room for two sets: the old gateway goes, finishing what it has;
 * once its last pod has gone, so does the old set; a role's new pods come once its old ones have
 * gone.
 *
 * <p>A suspended cluster has no gateway to wait for: the old one goes, paused or not.
 *
 * <p>A pod that can't end, since its node is dead, is not waited for ({@link Endings}).
 *
 * <p>Every step is read from what exists, so it may be taken twice, by another, or be turned back.
 */
final class KeyChange {
  private KeyChange() {}

  /**
   * What the Deployment of this key still waits for; empty when it may exist: the first key of a
   * cluster waits for nothing, nor does a Deployment that exists already.
   */
  static Optional<Problem> waitsFor(PoolObservation seen, String key) {
    EPDPool pool = seen.pool();
    List<Deployment> own = own(seen);
    if (own.stream().anyMatch(d -> isCurrent(d, pool))) {
      return Optional.empty();
    }
    boolean recreate = recreates(pool);
    boolean oldIsThere = !own.isEmpty() || (recreate && isOneOld(seen.pods(), key, seen.now()));
    if (!oldIsThere || pool.getSpec().suspended()) {
      return Optional.empty();
    }
    if (pool.getSpec().clusterRolloutOrDefault().isPaused()) {
      return Optional.of(new Problem(Reason.RolloutPaused, Reason.RolloutPaused.help()));
    }
    PoolGateway gateway = pool.getSpec().gateway();
    if (gateway == null) {
      return recreate
          ? Optional.of(new Problem(Reason.OldSetLeaving, Reason.OldSetLeaving.help()))
          : Optional.empty();
    }
    return gateway.topology().stream()
        .map(role -> lacking(seen.neighbours(), role, key))
        .flatMap(Optional::stream)
        .findFirst()
        .map(
            lacking ->
                recreate
                    ? new Problem(
                        Reason.OldSetLeaving,
                        Reason.OldSetLeaving.help() + " Ready of the new set: " + lacking)
                    : new Problem(
                        Reason.WaitingForNewSet,
                        "the old gateway serves until the new set is complete; ready of it: "
                            + lacking));
  }

  /** The pool's Deployments of other keys that are to go now. */
  static List<Deployment> leaving(PoolObservation seen) {
    EPDPool pool = seen.pool();
    boolean isSuspended = pool.getSpec().suspended();
    if (pool.getSpec().clusterRolloutOrDefault().isPaused() && !isSuspended) {
      return List.of();
    }
    List<Deployment> old = own(seen).stream().filter(d -> !isCurrent(d, pool)).toList();
    if (pool.getSpec().role() != Role.GATEWAY) {
      return old.stream().filter(d -> !hasGateway(seen, keyOf(d))).toList();
    }
    if (isSuspended || recreates(pool) || newGatewayServes(seen)) {
      return old;
    }
    boolean oneServes = old.stream().anyMatch(d -> DeploymentState.ready(d) > 0);
    return old.stream()
        .filter(d -> oneServes && DeploymentState.isFresh(d) && DeploymentState.ready(d) == 0)
        .toList();
  }

  private static boolean newGatewayServes(PoolObservation seen) {
    EPDPool pool = seen.pool();
    return own(seen).stream()
        .filter(d -> isCurrent(d, pool))
        .anyMatch(
            d ->
                DeploymentState.isFresh(d)
                    && DeploymentState.ready(d) >= pool.getSpec().podsWanted());
  }

  private static boolean isCurrent(Deployment deployment, EPDPool pool) {
    return deployment.getMetadata().getName().equals(PoolPlanner.deploymentName(pool));
  }

  private static boolean recreates(EPDPool pool) {
    return pool.getSpec().clusterRolloutOrDefault().strategyOrDefault() == RolloutStrategy.Recreate;
  }

  private static List<Deployment> own(PoolObservation seen) {
    return seen.deployments().stream()
        .filter(d -> Owners.controls(seen.pool(), d.getMetadata()))
        .toList();
  }

  /** Whether a gateway of this key may still send requests, or come to. */
  private static boolean hasGateway(PoolObservation seen, String key) {
    return seen.gateways().stream()
            .anyMatch(pod -> keyOf(pod).equals(key) && Endings.isThere(pod, seen.now()))
        || seen.neighbours().stream()
            .anyMatch(d -> Role.GATEWAY.value().equals(roleOf(d)) && keyOf(d).equals(key));
  }

  private static boolean isOneOld(List<Pod> pods, String key, Instant now) {
    return pods.stream().anyMatch(pod -> !keyOf(pod).equals(key) && Endings.isThere(pod, now));
  }

  private static Optional<String> lacking(List<Deployment> all, Role role, String key) {
    Optional<Deployment> made =
        all.stream()
            .filter(d -> role.value().equals(roleOf(d)) && keyOf(d).equals(key))
            .findFirst();
    int ready = made.map(DeploymentState::ready).orElse(0);
    int wanted = made.map(d -> d.getSpec().getReplicas()).orElse(1);
    boolean complete = made.filter(DeploymentState::isFresh).isPresent() && ready >= wanted;
    return complete
        ? Optional.empty()
        : Optional.of("%s %d/%d".formatted(role.value(), ready, wanted));
  }

  static String keyOf(HasMetadata object) {
    return labels(object).getOrDefault(Labels.COMPATIBILITY_KEY, "");
  }

  private static String roleOf(HasMetadata object) {
    return labels(object).getOrDefault(Labels.ROLE, "");
  }

  private static Map<String, String> labels(HasMetadata object) {
    return Optional.ofNullable(object.getMetadata().getLabels()).orElse(Map.of());
  }
}

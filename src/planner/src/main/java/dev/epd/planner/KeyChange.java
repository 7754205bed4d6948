package dev.epd.planner;

import dev.epd.api.v1alpha1.PoolGateway;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From one compatibility key to another without a request that crosses. A gateway sees pods of its
 * own key only, so the order of four steps is all it takes: the new encoders, prefills and decodes
 * come up beside the old ones; once they are complete, the new gateway comes; once it is ready, the
 * old gateway goes, finishing what it has; once its last pod has gone, so do the old set's pods.
 */
final class KeyChange {
  private KeyChange() {}

  /**
   * What a gateway's Deployment of this key still waits for; empty when it may exist: the first key
   * of a cluster waits for nothing, nor does a Deployment that exists already.
   */
  static Optional<String> gatewayWaitsFor(PoolObservation seen, String key) {
    PoolGateway gateway = seen.pool().getSpec().gateway();
    String name = PoolPlanner.deploymentName(seen.pool());
    List<String> own =
        seen.deployments().stream()
            .filter(d -> Owners.controls(seen.pool(), d.getMetadata()))
            .map(d -> d.getMetadata().getName())
            .toList();
    if (gateway == null || own.isEmpty() || own.contains(name)) {
      return Optional.empty();
    }
    return gateway.topology().stream()
        .map(role -> lacking(seen.neighbours(), role, key))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /** Whether a gateway of another key than this may still send requests. */
  static boolean oldGatewayServes(PoolObservation seen, String key) {
    return seen.gateways().stream().anyMatch(pod -> !keyOf(pod).equals(key))
        || seen.neighbours().stream()
            .anyMatch(d -> Role.GATEWAY.value().equals(roleOf(d)) && !keyOf(d).equals(key));
  }

  private static Optional<String> lacking(List<Deployment> all, Role role, String key) {
    Optional<Deployment> made =
        all.stream()
            .filter(d -> role.value().equals(roleOf(d)) && keyOf(d).equals(key))
            .findFirst();
    int ready = made.map(PoolPlanner::ready).orElse(0);
    int wanted = made.map(d -> d.getSpec().getReplicas()).orElse(1);
    boolean complete = made.filter(PoolPlanner::isFresh).isPresent() && ready >= wanted;
    return complete
        ? Optional.empty()
        : Optional.of("%s %d/%d".formatted(role.value(), ready, wanted));
  }

  private static String keyOf(HasMetadata object) {
    return labels(object).getOrDefault(Labels.COMPATIBILITY_KEY, "");
  }

  private static String roleOf(HasMetadata object) {
    return labels(object).getOrDefault(Labels.ROLE, "");
  }

  private static Map<String, String> labels(HasMetadata object) {
    return Optional.ofNullable(object.getMetadata().getLabels()).orElse(Map.of());
  }
}

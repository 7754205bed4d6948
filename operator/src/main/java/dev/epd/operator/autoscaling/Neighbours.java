package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.ScalingRatio;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.Ratio;
import dev.epd.autoscaler.Ratios;
import dev.epd.autoscaler.Ratios.Stand;
import dev.epd.planner.Names;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What pools that are scaled want by themselves, for those that a ratio binds to them. Their own
 * loops tell it; of a pool that nobody scales here, or that has not been looked at, the number that
 * stands counts.
 */
final class Neighbours {
  private final ConcurrentMap<String, Stand> told = new ConcurrentHashMap<>();

  /** A pool was decided on. */
  void decided(EPDPool pool, PoolState state, Decision decision) {
    told.put(
        pool.getMetadata().getUid(),
        new Stand(state.min(), state.max(), state.clamp(decision.alone())));
  }

  /** A pool is not looked at any more, or not now. */
  void forget(String uid) {
    told.remove(uid);
  }

  /** The ratios of a pool's cluster, and how the pools stand that they name. */
  Ratios of(EPDPool pool, PoolView view) {
    String namespace = pool.getMetadata().getNamespace();
    String cluster = pool.getSpec().clusterRef().name();
    List<ScalingRatio> ratios =
        view.cluster(namespace, cluster).map(c -> c.getSpec().ratios()).orElse(List.of());
    if (ratios.isEmpty()) {
      return Ratios.NONE;
    }
    Role own = pool.getSpec().role();
    Map<Role, EPDPool> others = new EnumMap<>(Role.class);
    for (ScalingRatio ratio : ratios) {
      for (Role role : List.of(ratio.numerator(), ratio.denominator())) {
        view.pool(namespace, Names.pool(cluster, role))
            .filter(other -> role != own)
            .ifPresent(other -> others.put(role, other));
      }
    }
    Map<String, Stand> stands = new HashMap<>();
    others.forEach((role, other) -> stands.put(role.value(), stand(other)));
    return new Ratios(own.value(), ratios.stream().map(Neighbours::ratio).toList(), stands);
  }

  private Stand stand(EPDPool pool) {
    EPDPoolSpec spec = pool.getSpec();
    Autoscaling bounds = spec.autoscaling();
    if (bounds == null || spec.replicasOwner() != ReplicasOwner.Autoscaler || spec.suspended()) {
      return Stand.fixed(spec.podsWanted());
    }
    Stand known = told.get(pool.getMetadata().getUid());
    if (known != null) {
      return known;
    }
    int min = bounds.minOrDefault();
    int max = Math.max(min, bounds.maxReplicas());
    return new Stand(min, max, Math.clamp(spec.replicasOrDefault(), min, max));
  }

  private static Ratio ratio(ScalingRatio written) {
    return new Ratio(
        written.numerator().value(),
        written.denominator().value(),
        written.minParsed(),
        written.maxParsed());
  }
}

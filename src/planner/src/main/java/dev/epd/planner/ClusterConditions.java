package dev.epd.planner;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolePool;
import dev.epd.api.v1alpha1.ScaleDecision;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Conditions of the cluster that are made of more than one pool. */
final class ClusterConditions {
  private static final Set<String> OF_THE_MODEL =
      Set.of(Reason.ModelLoadFailed.name(), Reason.ModelFetchFailed.name());

  private ClusterConditions() {}

  /** Text without images is answered as long as Available says so; this is about images. */
  static Condition imageServing(
      EPDCluster cluster, ClusterPlan plan, Map<Role, EPDPool> pools, ConditionFactory factory) {
    ConditionType type = ConditionType.ImageServing;
    if (cluster.getSpec().suspended()) {
      return of(factory, type, Status.False, Reason.Suspended);
    }
    Optional<Problem> lacking = Serving.lacking(cluster, plan, pools);
    if (lacking.isPresent()) {
      return factory.of(type, Status.False, lacking.get().reason(), lacking.get().message());
    }
    RolePool encoder = cluster.getSpec().encoder();
    if (encoder == null
        || plan.isYetToCome(Role.ENCODER, pools.keySet())
        || ready(pools, Role.ENCODER) > 0) {
      return of(factory, type, Status.True, Reason.ImagesServed);
    }
    return isWoken(encoder, pools.get(Role.ENCODER))
        ? of(factory, type, Status.True, Reason.EncoderAsleep)
        : of(factory, type, Status.False, Reason.EncoderAtZero);
  }

  /** Whether the first image brings encoders back. */
  private static boolean isWoken(RolePool encoder, @Nullable EPDPool pool) {
    return encoder.owner() == ReplicasOwner.Autoscaler
        && (pool == null || pool.getSpec().replicasOwner() == ReplicasOwner.Autoscaler);
  }

  static Condition modelReady(
      ClusterObservation seen, Map<Role, EPDPool> pools, ConditionFactory factory) {
    ConditionType type = ConditionType.ModelReady;
    Optional<Problem> claim = ClusterPlanner.claimProblem(seen);
    if (claim.isPresent()) {
      return factory.of(type, Status.False, claim.get().reason(), claim.get().message());
    }
    return firstOf(pools, ConditionType.Ready, c -> OF_THE_MODEL.contains(c.reason()))
        .map(found -> copied(factory, type, found))
        .orElseGet(
            () ->
                pools.keySet().stream().anyMatch(r -> r != Role.GATEWAY && ready(pools, r) > 0)
                    ? of(factory, type, Status.True, Reason.ModelLoaded)
                    : factory.of(
                        type,
                        Status.Unknown,
                        Reason.PodsStarting,
                        "no pod has loaded the model yet"));
  }

  static Condition capacityLimited(
      EPDCluster cluster, Map<Role, EPDPool> pools, ConditionFactory factory) {
    ConditionType type = ConditionType.CapacityLimited;
    return firstOf(pools, type, c -> c.status() == Status.True)
        .map(found -> copied(factory, type, found))
        .or(() -> byBounds(cluster, pools, factory))
        .orElseGet(() -> of(factory, type, Status.False, Reason.NotLimited));
  }

  /** The load asks for more than the autoscaler may give. */
  private static Optional<Condition> byBounds(
      EPDCluster cluster, Map<Role, EPDPool> pools, ConditionFactory factory) {
    for (EPDPool pool : pools.values()) {
      ScaleDecision last = pool.getStatus() == null ? null : pool.getStatus().lastDecision();
      Autoscaling given = pool.getSpec().autoscaling();
      if (last == null || !last.wasActedOn() || given == null) {
        continue;
      }
      Role role = pool.getSpec().role();
      if (last.wasLoweredByARatio()) {
        return Optional.of(
            factory.of(
                ConditionType.CapacityLimited,
                Status.True,
                Reason.Ratio,
                "%s: the load asks for %d pods, %s leaves %d. %s"
                    .formatted(
                        role.value(),
                        last.wanted(),
                        last.limitedBy(),
                        last.to(),
                        Reason.Ratio.remedy())));
      }
      if (last.wanted() <= given.maxReplicas()) {
        continue;
      }
      RolePool options = cluster.getSpec().pool(role);
      Autoscaling written = options == null ? null : options.autoscaling();
      boolean byBudget = written != null && written.maxReplicas() > given.maxReplicas();
      Reason reason = byBudget ? Reason.MaxGPUs : Reason.MaxReplicas;
      return Optional.of(
          factory.of(
              ConditionType.CapacityLimited,
              Status.True,
              reason,
              "%s: the load asks for %d pods, at most %d may be. %s"
                  .formatted(role.value(), last.wanted(), given.maxReplicas(), reason.remedy())));
    }
    return Optional.empty();
  }

  /** A role and one of its pool's conditions. */
  record Found(Role role, Condition condition) {}

  static Optional<Found> firstOf(
      Map<Role, EPDPool> pools, ConditionType type, Predicate<Condition> wanted) {
    return pools.entrySet().stream()
        .flatMap(
            e ->
                conditions(e.getValue()).stream()
                    .filter(c -> c.type().equals(type.name()) && wanted.test(c))
                    .map(c -> new Found(e.getKey(), c)))
        .findFirst();
  }

  private static List<Condition> conditions(EPDPool pool) {
    return pool.getStatus() == null ? List.of() : pool.getStatus().conditions();
  }

  static Condition copied(ConditionFactory factory, ConditionType type, Found found) {
    Condition c = found.condition();
    Status status = type == ConditionType.ModelReady ? Status.False : c.status();
    return factory.named(type, status, c.reason(), found.role().value() + ": " + c.message());
  }

  private static Condition of(
      ConditionFactory factory, ConditionType type, Status status, Reason reason) {
    return factory.of(type, status, reason, reason.help());
  }

  private static int ready(Map<Role, EPDPool> pools, Role role) {
    @Nullable EPDPool pool = pools.get(role);
    return ClusterStatusPlanner.ready(pool);
  }
}

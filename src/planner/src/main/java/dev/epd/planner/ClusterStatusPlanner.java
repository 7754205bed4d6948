package dev.epd.planner;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.PoolSummary;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolePool;
import dev.epd.api.v1alpha1.Topology;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the pools report → what the cluster reports. */
public final class ClusterStatusPlanner {
  /** Reasons of a pool that only waits, for its own pods or for another pool's. */
  private static final Set<String> WAITING =
      Set.of(Reason.WaitingForNewSet.name(), Reason.PodsStarting.name());

  private ClusterStatusPlanner() {}

  /** The same where the spec is kept. */
  public static EPDClusterStatus status(
      ClusterObservation seen, ClusterPlan plan, InstantSource clock) {
    return status(seen, plan, Optional.empty(), clock);
  }

  /**
   * @param unkept why the spec cannot be kept to go back to; it is carried out, so that everything
   *     else is told first
   */
  public static EPDClusterStatus status(
      ClusterObservation seen, ClusterPlan plan, Optional<Problem> unkept, InstantSource clock) {
    EPDCluster cluster = seen.cluster();
    Map<Role, EPDPool> pools = seen.ownPools();
    List<Condition> previous =
        cluster.getStatus() == null ? List.of() : cluster.getStatus().conditions();
    Long generation = cluster.getMetadata().getGeneration();
    ConditionFactory factory = new ConditionFactory(clock, previous, generation);

    List<PoolSummary> summaries = new ArrayList<>();
    List<Condition> perPool = new ArrayList<>();
    for (Role role : cluster.getSpec().roles()) {
      EPDPool pool = pools.get(role);
      summaries.add(PoolSummary.of(role, desired(cluster, role, pool), ready(pool)));
      perPool.add(poolCondition(role, pool, plan, factory));
    }
    List<Condition> conditions = new ArrayList<>();
    conditions.add(readyCondition(seen, plan, perPool, unkept, factory));
    conditions.add(available(cluster, plan, pools, factory));
    conditions.add(ClusterConditions.imageServing(cluster, plan, pools, factory));
    conditions.add(ClusterConditions.modelReady(seen, pools, factory));
    conditions.add(RolloutConditions.progressing(cluster, plan, pools, factory));
    conditions.add(ClusterConditions.capacityLimited(cluster, pools, factory));
    conditions.add(RolloutConditions.coherent(cluster, plan, pools, factory));
    conditions.add(RolloutConditions.degraded(cluster, plan, pools, unkept, factory));
    conditions.addAll(perPool);
    autoscaling(seen, pools, factory).ifPresent(conditions::add);
    return new EPDClusterStatus(generation, Topology.of(cluster.getSpec()), conditions, summaries);
  }

  /** A pool's own Ready, unless it speaks of other pods than those that the spec asks for now. */
  private static Condition poolCondition(
      Role role, @Nullable EPDPool pool, ClusterPlan plan, ConditionFactory factory) {
    ConditionType type = ConditionType.ofPool(role);
    Problem held = plan.held().get(role);
    if (pool == null && held != null) {
      return factory.of(type, Status.False, held.reason(), held.message());
    }
    EPDPoolStatus status = pool == null ? null : pool.getStatus();
    Optional<Condition> ready =
        status == null
            ? Optional.empty()
            : ConditionFactory.find(status.conditions(), ConditionType.Ready);
    if (pool == null || status == null || ready.isEmpty() || !speaksOf(pool, status)) {
      return factory.of(
          type,
          Status.Unknown,
          Reason.WaitingForPool,
          "the " + role.value() + " pool has not reported on its current spec yet");
    }
    Condition own = ready.get();
    String message = own.message();
    if (held != null
        && own.status() == Status.False
        && !own.reason().equals(held.reason().name())) {
      message = held.message() + " Of the spec before: " + message;
    }
    return factory.named(type, own.status(), own.reason(), message);
  }

  /** A pool that was given another number, and nothing else, still has the pods that it had. */
  private static boolean speaksOf(EPDPool pool, EPDPoolStatus status) {
    boolean isResizing =
        !pool.getSpec().suspended()
            && DeploymentState.orZero(status.readyReplicas()) > 0
            && Revisions.hash(pool).equals(status.revision());
    return isResizing || !isStale(pool, status);
  }

  static boolean isStale(EPDPool pool, EPDPoolStatus status) {
    Long generation = pool.getMetadata().getGeneration();
    Long observed = status.observedGeneration();
    return generation != null && (observed == null || observed < generation);
  }

  private static Condition readyCondition(
      ClusterObservation seen,
      ClusterPlan plan,
      List<Condition> perPool,
      Optional<Problem> unkept,
      ConditionFactory factory) {
    if (!plan.problems().isEmpty()) {
      Problem worst = plan.problems().getFirst();
      return factory.of(ConditionType.Ready, Status.False, worst.reason(), worst.message());
    }
    if (seen.cluster().getSpec().suspended()) {
      return factory.of(
          ConditionType.Ready, Status.False, Reason.Suspended, Reason.Suspended.help());
    }
    // A pool that says why comes before one that waits, and that before one that has not reported.
    Optional<Condition> lacking =
        perPool.stream()
            .filter(c -> c.status() == Status.False && !WAITING.contains(c.reason()))
            .findFirst()
            .or(() -> perPool.stream().filter(c -> c.status() == Status.False).findFirst())
            .or(() -> perPool.stream().filter(c -> c.status() == Status.Unknown).findFirst());
    Optional<Problem> held = RolloutConditions.firstHeld(plan);
    return lacking
        .map(
            c ->
                factory.named(
                    ConditionType.Ready, Status.False, c.reason(), c.type() + ": " + c.message()))
        .or(
            () ->
                held.map(
                    h -> factory.of(ConditionType.Ready, Status.False, h.reason(), h.message())))
        .or(
            () ->
                RolloutConditions.refusing(seen.ownPools())
                    .map(
                        c ->
                            factory.named(
                                ConditionType.Ready, Status.False, c.reason(), c.message())))
        .or(
            () ->
                unkept.map(
                    p -> factory.of(ConditionType.Ready, Status.False, p.reason(), p.message())))
        .orElseGet(() -> allReady(perPool, factory));
  }

  private static Condition allReady(List<Condition> perPool, ConditionFactory factory) {
    ConditionType type = ConditionType.Ready;
    return perPool.stream()
        .filter(c -> c.reason().equals(Reason.PoolResizing.name()))
        .findFirst()
        .map(c -> factory.named(type, Status.True, c.reason(), c.type() + ": " + c.message()))
        .orElseGet(
            () ->
                factory.of(
                    type, Status.True, Reason.AllPoolsReady, "every pool has the pods it wants"));
  }

  /** Requests are answered: one ready pod in every stage of a set, sleeping encoders excepted. */
  private static Condition available(
      EPDCluster cluster, ClusterPlan plan, Map<Role, EPDPool> pools, ConditionFactory factory) {
    ConditionType type = ConditionType.Available;
    if (cluster.getSpec().suspended()) {
      return factory.of(type, Status.False, Reason.Suspended, Reason.Suspended.help());
    }
    return Serving.lacking(cluster, plan, pools)
        .map(problem -> factory.of(type, Status.False, problem.reason(), problem.message()))
        .orElseGet(() -> factory.of(type, Status.True, Reason.Serving, Reason.Serving.help()));
  }

  /** Absent when nothing is autoscaled. */
  private static Optional<Condition> autoscaling(
      ClusterObservation seen, Map<Role, EPDPool> pools, ConditionFactory factory) {
    List<Condition> found = new ArrayList<>();
    for (Role role : seen.cluster().getSpec().roles()) {
      RolePool options = seen.cluster().getSpec().pool(role);
      Autoscaling autoscaling = options == null ? null : options.autoscaling();
      if (autoscaling != null) {
        found.add(autoscalingOf(seen, role, autoscaling, pools.get(role), factory));
      }
    }
    return found.stream()
        .filter(c -> c.status() != Status.True)
        .findFirst()
        .or(() -> found.stream().findFirst());
  }

  private static Condition autoscalingOf(
      ClusterObservation seen,
      Role role,
      Autoscaling autoscaling,
      @Nullable EPDPool pool,
      ConditionFactory factory) {
    ConditionType type = ConditionType.AutoscalingActive;
    if (seen.cluster().getSpec().suspended()) {
      return factory.of(type, Status.False, Reason.Suspended, Reason.Suspended.help());
    }
    if (autoscaling.policyRef() != null
        && !seen.policies().containsKey(autoscaling.policyRef().name())) {
      return factory.of(
          type,
          Status.False,
          Reason.PolicyMissing,
          "EPDAutoscalingPolicy "
              + autoscaling.policyRef().name()
              + " does not exist in this namespace: create it, or correct spec."
              + role.value()
              + ".autoscaling.policyRef; the pool is held at its size");
    }
    EPDPoolStatus status = pool == null ? null : pool.getStatus();
    return Optional.ofNullable(status)
        .flatMap(s -> ConditionFactory.find(s.conditions(), type))
        .map(c -> factory.named(type, c.status(), c.reason(), c.message()))
        .orElseGet(
            () ->
                factory.of(
                    type,
                    Status.Unknown,
                    Reason.WaitingForFirstDecision,
                    "the autoscaler has not decided on the " + role.value() + " pool yet"));
  }

  /** What the pool's spec says; before there is a pool, what it will be made with. */
  static int desired(EPDCluster cluster, Role role, @Nullable EPDPool pool) {
    if (pool != null) {
      return pool.getSpec().replicasOrDefault();
    }
    RolePool options = cluster.getSpec().pool(role);
    if (options == null) {
      return cluster.getSpec().gatewayOrDefault().replicasOrDefault();
    }
    if (options.replicas() != null) {
      return options.replicas();
    }
    return options.autoscaling() == null ? 1 : options.autoscaling().minOrDefault();
  }

  static int ready(@Nullable EPDPool pool) {
    Integer ready =
        pool == null || pool.getStatus() == null ? null : pool.getStatus().readyReplicas();
    return ready == null ? 0 : ready;
  }
}

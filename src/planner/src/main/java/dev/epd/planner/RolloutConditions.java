package dev.epd.planner;

import static dev.epd.planner.ClusterConditions.copied;
import static dev.epd.planner.ClusterConditions.firstOf;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The cluster's conditions about rolls: at work, coherent, broken. */
final class RolloutConditions {
  /** What waits for somebody to do something, as opposed to what takes its time. */
  private static final Set<Reason> BROKEN =
      Set.of(
          Reason.PodLost,
          Reason.Unschedulable,
          Reason.ImagePullFailed,
          Reason.ContainerConfigInvalid,
          Reason.ModelFetchFailed,
          Reason.ModelLoadFailed,
          Reason.CrashLooping,
          Reason.PodEvicted,
          Reason.PodsNotCreated,
          Reason.QuotaExceeded,
          Reason.StartupTimeout,
          Reason.ObjectRefused,
          Reason.SpecInvalid,
          Reason.NameConflict,
          Reason.ProgressDeadlineExceeded,
          Reason.PodNotEnding);

  /** What a roll does not wait for. */
  private static final Set<String> NOT_OF_A_ROLL =
      Set.of(Reason.RolloutComplete.name(), Reason.PodNotEnding.name());

  private RolloutConditions() {}

  /** Paused comes first, then a pool that has given up, then one at work, then one that waits. */
  static Condition progressing(
      EPDCluster cluster, ClusterPlan plan, Map<Role, EPDPool> pools, ConditionFactory factory) {
    ConditionType type = ConditionType.Progressing;
    if (cluster.getSpec().rolloutOrDefault().isPaused()) {
      return factory.of(
          type, Status.False, Reason.RolloutPaused, Reason.RolloutPaused.help() + waiting(plan));
    }
    for (Role role : cluster.getSpec().roles()) {
      EPDPool pool = pools.get(role);
      if (pool == null
          || pool.getStatus() == null
          || ClusterStatusPlanner.isStale(pool, pool.getStatus())) {
        return factory.of(
            type,
            Status.True,
            Reason.RolloutInProgress,
            "the " + role.value() + " pool has not reported on its current spec yet");
      }
    }
    return firstOf(
            pools, type, c -> c.status() == Status.False && !NOT_OF_A_ROLL.contains(c.reason()))
        .or(() -> firstOf(pools, type, c -> c.status() == Status.True))
        .map(found -> copied(factory, type, found))
        .or(() -> firstHeld(plan).map(h -> factory.of(type, Status.True, h.reason(), h.message())))
        .or(
            () ->
                firstOf(pools, type, c -> c.reason().equals(Reason.PodNotEnding.name()))
                    .map(found -> copied(factory, type, found)))
        .orElseGet(
            () ->
                factory.of(
                    type, Status.False, Reason.RolloutComplete, Reason.RolloutComplete.help()));
  }

  private static String waiting(ClusterPlan plan) {
    return plan.held().isEmpty()
        ? " Nothing waits."
        : " Waiting: "
            + plan.held().keySet().stream()
                .sorted()
                .map(Role::value)
                .collect(Collectors.joining(", "))
            + ".";
  }

  static Optional<Problem> firstHeld(ClusterPlan plan) {
    return plan.held().keySet().stream().sorted().findFirst().map(role -> plan.held().get(role));
  }

  static Condition coherent(
      EPDCluster cluster, ClusterPlan plan, Map<Role, EPDPool> pools, ConditionFactory factory) {
    ConditionType type = ConditionType.RolloutCoherent;
    Map<String, Set<String>> rolesByKey = new TreeMap<>();
    Set<Role> roles = EnumSet.copyOf(cluster.getSpec().roles());
    roles.addAll(pools.keySet());
    roles.removeIf(role -> plan.isYetToCome(role, pools.keySet()));
    for (Role role : roles) {
      EPDPool pool = pools.get(role);
      EPDPoolStatus status = pool == null ? null : pool.getStatus();
      if (status == null) {
        return factory.of(
            type,
            Status.Unknown,
            Reason.WaitingForPool,
            "the " + role.value() + " pool has not reported yet");
      }
      status
          .compatibilityKeys()
          .forEach(key -> rolesByKey.computeIfAbsent(key, k -> new TreeSet<>()).add(role.value()));
    }
    if (rolesByKey.size() > 1) {
      String sets =
          rolesByKey.entrySet().stream()
              .map(e -> e.getKey() + " (" + String.join(", ", e.getValue()) + ")")
              .collect(Collectors.joining(" and "));
      return factory.of(
          type,
          Status.False,
          Reason.TwoSets,
          "pods of keys " + sets + ". " + Reason.TwoSets.help());
    }
    return factory.of(
        type,
        Status.True,
        Reason.OneSet,
        rolesByKey.isEmpty()
            ? "there are no pods"
            : "all pods are of key " + rolesByKey.keySet().iterator().next());
  }

  static Condition degraded(
      EPDCluster cluster,
      ClusterPlan plan,
      Map<Role, EPDPool> pools,
      Optional<Problem> unkept,
      ConditionFactory factory) {
    ConditionType type = ConditionType.Degraded;
    if (!plan.problems().isEmpty()) {
      Problem worst = plan.problems().getFirst();
      return factory.of(type, Status.True, worst.reason(), worst.message());
    }
    if (!cluster.getSpec().suspended()) {
      for (ConditionType of : List.of(ConditionType.Ready, ConditionType.Progressing)) {
        var broken = firstOf(pools, of, c -> c.status() == Status.False && isBroken(c.reason()));
        if (broken.isPresent()) {
          Condition c = broken.get().condition();
          return factory.named(
              type, Status.True, c.reason(), broken.get().role().value() + ": " + c.message());
        }
      }
      var refusing = refusing(pools);
      if (refusing.isPresent()) {
        return factory.named(type, Status.True, refusing.get().reason(), refusing.get().message());
      }
    }
    return unkept
        .map(problem -> factory.of(type, Status.True, problem.reason(), problem.message()))
        .orElseGet(
            () ->
                factory.of(type, Status.False, Reason.NothingBroken, Reason.NothingBroken.help()));
  }

  /** What a gateway's pool says of ready pods that get no work. */
  static Optional<Condition> refusing(Map<Role, EPDPool> pools) {
    return firstOf(pools, ConditionType.Degraded, c -> c.status() == Status.True)
        .map(ClusterConditions.Found::condition);
  }

  private static boolean isBroken(String reason) {
    return BROKEN.stream().anyMatch(r -> r.name().equals(reason));
  }
}

package dev.epd.planner;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What was observed of a pool → the pool controller's part of its status. */
public final class PoolStatusPlanner {
  private PoolStatusPlanner() {}

  /**
   * The fields that the pool's controller owns; {@code lastDecision}, {@code scaler}, {@code
   * decisions} and condition AutoscalingActive are the autoscaler's and stay out.
   */
  public static EPDPoolStatus status(PoolObservation seen, PoolPlan plan, InstantSource clock) {
    EPDPool pool = seen.pool();
    EPDPoolSpec spec = pool.getSpec();
    List<Condition> previous = pool.getStatus() == null ? List.of() : pool.getStatus().conditions();
    Long generation = pool.getMetadata().getGeneration();
    ConditionFactory conditions = new ConditionFactory(clock, previous, generation);
    List<Deployment> own =
        seen.deployments().stream().filter(d -> Owners.controls(pool, d.getMetadata())).toList();
    return new EPDPoolStatus(
        generation,
        sum(own, DeploymentStatus::getReplicas),
        sum(own, DeploymentStatus::getReadyReplicas),
        draining(seen.pods(), sum(own, DeploymentStatus::getReplicas)),
        selector(Labels.roleSelector(spec.clusterRef().name(), spec.role())),
        conditions(seen, plan, own, conditions),
        null,
        null,
        List.of());
  }

  /**
   * Pods that are told to stop are no longer among the Deployments' replicas, and may not be known
   * as such here yet: whatever is there beyond the replicas is leaving.
   */
  private static int draining(List<Pod> pods, int replicas) {
    long alive =
        pods.stream()
            .filter(pod -> pod.getStatus() == null || !isOver(pod.getStatus().getPhase()))
            .count();
    long marked =
        pods.stream().filter(pod -> pod.getMetadata().getDeletionTimestamp() != null).count();
    return (int) Math.max(marked, alive - replicas);
  }

  private static boolean isOver(@Nullable String phase) {
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  private static List<Condition> conditions(
      PoolObservation seen, PoolPlan plan, List<Deployment> own, ConditionFactory factory) {
    Condition ready = ready(seen, plan, own, factory);
    return List.of(ready, progressing(ready, factory), capacityLimited(seen, ready, factory));
  }

  /** True until every pod is of the current spec and ready, or the time for it is over. */
  private static Condition progressing(Condition ready, ConditionFactory factory) {
    if (ready.status() == Status.True) {
      return factory.of(
          ConditionType.Progressing,
          Status.False,
          Reason.RolloutComplete,
          Reason.RolloutComplete.help());
    }
    boolean stopped =
        Set.of(Reason.StartupTimeout, Reason.Suspended, Reason.SpecInvalid, Reason.ObjectRefused)
            .contains(Reason.valueOf(ready.reason()));
    return stopped
        ? factory.named(ConditionType.Progressing, Status.False, ready.reason(), ready.message())
        : factory.of(
            ConditionType.Progressing, Status.True, Reason.RolloutInProgress, ready.message());
  }

  private static Condition capacityLimited(
      PoolObservation seen, Condition ready, ConditionFactory factory) {
    ConditionType type = ConditionType.CapacityLimited;
    EPDPoolSpec spec = seen.pool().getSpec();
    if (!spec.suspended() && spec.podsWanted() < spec.replicasOrDefault()) {
      return factory.of(
          type,
          Status.True,
          Reason.MaxGPUs,
          "%d pods are asked for, scaling.maxGPUs leaves %d: raise it, or lower replicas"
              .formatted(spec.replicasOrDefault(), spec.podsWanted()));
    }
    Reason reason = Reason.valueOf(ready.reason());
    if (reason == Reason.Unschedulable || reason == Reason.QuotaExceeded) {
      return factory.of(type, Status.True, reason, ready.message());
    }
    return factory.of(type, Status.False, Reason.NotLimited, Reason.NotLimited.help());
  }

  private static Condition ready(
      PoolObservation seen, PoolPlan plan, List<Deployment> own, ConditionFactory conditions) {
    if (plan.problem().isPresent()) {
      Problem problem = plan.problem().get();
      return conditions.of(ConditionType.Ready, Status.False, problem.reason(), problem.message());
    }
    EPDPoolSpec spec = seen.pool().getSpec();
    if (spec.suspended()) {
      return conditions.of(
          ConditionType.Ready,
          Status.False,
          Reason.Suspended,
          "0 pods while spec.suspend of EPDCluster "
              + spec.clusterRef().name()
              + " is true; "
              + spec.replicasOrDefault()
              + " when it is false again");
    }
    int desired = spec.podsWanted();
    Deployment current = current(seen, own);
    int ready = current == null ? 0 : PoolPlanner.ready(current);
    String count = ready + " of " + desired + " pods ready";
    if (current != null && isComplete(current, desired)) {
      return desired == 0
          ? conditions.of(
              ConditionType.Ready, Status.True, Reason.ScaledToZero, "0 pods, as asked for")
          : conditions.of(ConditionType.Ready, Status.True, Reason.PoolReady, count);
    }
    if (plan.waitsFor().isPresent()) {
      return conditions.of(
          ConditionType.Ready,
          Status.False,
          Reason.WaitingForNewSet,
          "the old gateway serves until the new set is complete; ready of it: "
              + plan.waitsFor().get());
    }
    return PodDiagnosis.of(seen.pods(), current)
        .map(
            finding ->
                conditions.of(
                    ConditionType.Ready,
                    Status.False,
                    finding.reason(),
                    count + "; " + finding.message() + ". " + finding.reason().remedy()))
        .orElseGet(
            () ->
                conditions.of(
                    ConditionType.Ready,
                    Status.False,
                    Reason.PodsStarting,
                    count + "; pods are starting"));
  }

  private static @Nullable Deployment current(PoolObservation seen, List<Deployment> own) {
    String name = PoolPlanner.deploymentName(seen.pool());
    return own.stream()
        .filter(d -> d.getMetadata().getName().equals(name))
        .findFirst()
        .orElse(null);
  }

  /**
   * The Deployment has seen this number, no pod of an older revision is left, and enough are ready:
   * a ready pod of the old revision must not stand in for a new one that can't start.
   */
  private static boolean isComplete(Deployment deployment, int desired) {
    DeploymentStatus status = deployment.getStatus();
    return status != null
        && PoolPlanner.isFresh(deployment)
        && Objects.equals(deployment.getSpec().getReplicas(), desired)
        && orZero(status.getReadyReplicas()) >= desired
        && orZero(status.getUpdatedReplicas()) >= desired
        && orZero(status.getReplicas()) <= orZero(status.getUpdatedReplicas());
  }

  private static int sum(
      List<Deployment> deployments, Function<DeploymentStatus, @Nullable Integer> count) {
    return deployments.stream()
        .map(Deployment::getStatus)
        .filter(Objects::nonNull)
        .mapToInt(status -> orZero(count.apply(status)))
        .sum();
  }

  private static int orZero(@Nullable Integer n) {
    return n == null ? 0 : n;
  }

  private static String selector(Map<String, String> labels) {
    return labels.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(","));
  }
}

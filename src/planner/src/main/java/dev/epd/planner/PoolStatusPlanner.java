package dev.epd.planner;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What was observed of a pool → the pool controller's part of its status. */
public final class PoolStatusPlanner {
  /** As many as the API admits. */
  private static final int MOST_KEYS = 16;

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
    List<Pod> pods = seen.pods().stream().filter(p -> Endings.isThere(p, seen.now())).toList();
    return new EPDPoolStatus(
        generation,
        sum(own, DeploymentStatus::getReplicas),
        sum(own, DeploymentStatus::getReadyReplicas),
        draining(pods, current(seen, own), sum(own, DeploymentStatus::getReplicas)),
        selector(Labels.roleSelector(spec.clusterRef().name(), spec.role())),
        conditions(seen, plan, own, conditions),
        rolledTo(seen, plan, current(seen, own)),
        keys(pods.stream()),
        keys(own.stream().filter(d -> DeploymentState.ready(d) > 0)),
        null,
        null,
        List.of());
  }

  /**
   * The spec's revision, once the Deployment has its template and has rolled it out. It stays where
   * the Deployment has the template that it was rolled to and was told another number since, which
   * its controller has not looked at yet.
   */
  private static @Nullable String rolledTo(
      PoolObservation seen, PoolPlan plan, @Nullable Deployment current) {
    if (current == null || plan.problem().isPresent()) {
      return null;
    }
    String hash = Revisions.hash(seen.pool());
    EPDPoolStatus before = seen.pool().getStatus();
    boolean wasRolled = before != null && hash.equals(before.revision());
    boolean isRolled =
        DeploymentState.isFresh(current) ? DeploymentState.isRolled(current) : wasRolled;
    return isRolled && isOfThePlan(current, plan) ? hash : null;
  }

  /** A plan is made of what was seen before it is carried out: the pods may be of another spec. */
  private static boolean isOfThePlan(Deployment current, PoolPlan plan) {
    return plan.apply().stream()
        .filter(Deployment.class::isInstance)
        .map(Deployment.class::cast)
        .anyMatch(d -> Objects.equals(Revisions.of(d), Revisions.of(current)));
  }

  static @Nullable String revisionOf(Pod pod) {
    @Nullable Map<String, String> labels = pod.getMetadata().getLabels();
    return labels == null ? null : labels.get(Labels.REVISION);
  }

  private static List<String> keys(Stream<? extends HasMetadata> objects) {
    return objects
        .map(KeyChange::keyOf)
        .filter(key -> !key.isEmpty())
        .distinct()
        .sorted()
        .limit(MOST_KEYS)
        .toList();
  }

  /**
   * Pods that are told to stop are no longer among the Deployments' replicas, and may not be known
   * as such here yet: whatever is there beyond the replicas is leaving, and so is a pod of before
   * once its Deployment has been rolled.
   */
  private static int draining(List<Pod> pods, @Nullable Deployment current, int replicas) {
    long leaving =
        pods.stream()
            .filter(
                pod -> pod.getMetadata().getDeletionTimestamp() != null || isReplaced(pod, current))
            .count();
    return (int) Math.max(leaving, pods.size() - replicas);
  }

  private static boolean isReplaced(Pod pod, @Nullable Deployment current) {
    return current != null
        && DeploymentState.isRolled(current)
        && KeyChange.keyOf(pod).equals(KeyChange.keyOf(current))
        && !Objects.equals(revisionOf(pod), Revisions.of(current));
  }

  static boolean isAlive(Pod pod) {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    return !"Succeeded".equals(phase) && !"Failed".equals(phase);
  }

  private static List<Condition> conditions(
      PoolObservation seen, PoolPlan plan, List<Deployment> own, ConditionFactory factory) {
    Condition ready = ready(seen, plan, own, factory);
    List<Condition> conditions = new ArrayList<>();
    conditions.add(ready);
    conditions.add(PoolProgress.condition(seen, ready, own, current(seen, own), factory));
    conditions.add(capacityLimited(seen, ready, factory));
    degraded(seen, factory).ifPresent(conditions::add);
    return conditions;
  }

  /** Absent while nothing is refused; what was said stands until gateways are heard again. */
  private static Optional<Condition> degraded(PoolObservation seen, ConditionFactory factory) {
    ConditionType type = ConditionType.Degraded;
    EPDPoolStatus before = seen.pool().getStatus();
    if (seen.pool().getSpec().podsWanted() == 0) {
      return Optional.empty();
    }
    Optional<Condition> said =
        before == null ? Optional.empty() : ConditionFactory.find(before.conditions(), type);
    return switch (seen.refusals()) {
      case Refusals.None _ -> Optional.empty();
      case Refusals.Some some
          when !some.isWhole() && said.filter(PoolStatusPlanner::isLost).isPresent() ->
          said.map(c -> factory.named(type, c.status(), c.reason(), c.message()));
      case Refusals.Some some ->
          Optional.of(
              factory.of(type, Status.True, some.problem().reason(), some.problem().message()));
      case Refusals.Unknown _ ->
          said.map(c -> factory.named(type, c.status(), c.reason(), c.message()));
    };
  }

  /** A role of which no pod may be used: that one may again takes the word of all gateways. */
  private static boolean isLost(Condition degraded) {
    return degraded.reason().equals(Reason.RoleRefused.name());
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
    ConditionType type = ConditionType.Ready;
    if (plan.problem().isPresent()) {
      Problem problem = plan.problem().get();
      return conditions.of(type, Status.False, problem.reason(), problem.message());
    }
    EPDPoolSpec spec = seen.pool().getSpec();
    if (spec.suspended()) {
      return conditions.of(
          type,
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
    int ready = current == null ? 0 : DeploymentState.ready(current);
    String count = ready + " of " + desired + " pods ready";
    if (current != null && isOfThePlan(current, plan) && isComplete(current, desired)) {
      return desired == 0
          ? conditions.of(type, Status.True, Reason.ScaledToZero, "0 pods, as asked for")
          : conditions.of(type, Status.True, Reason.PoolReady, count);
    }
    if (plan.waitsFor().isPresent()) {
      Problem first = plan.waitsFor().get();
      return conditions.of(type, Status.False, first.reason(), first.message());
    }
    Optional<PodDiagnosis.Finding> finding = PodDiagnosis.of(seen, current);
    if (finding.isPresent()) {
      Reason reason = finding.get().reason();
      String message = count + "; " + finding.get().message() + ". " + reason.remedy();
      return conditions.of(type, Status.False, reason, message);
    }
    if (rolledTo(seen, plan, current) != null && stand(seen.pool(), ready)) {
      String others = ready < desired ? "others start" : "others leave";
      return conditions.of(type, Status.True, Reason.PoolResizing, count + "; " + others);
    }
    boolean stopped = current != null && Boolean.TRUE.equals(current.getSpec().getPaused());
    if (stopped) {
      return conditions.of(
          type, Status.False, Reason.RolloutPaused, count + "; " + Reason.RolloutPaused.help());
    }
    return rolledTo(seen, plan, current) != null && isOneLost(seen.pool(), ready)
        ? conditions.of(
            type, Status.False, Reason.PodLost, count + "; a replacement of what is missing starts")
        : conditions.of(type, Status.False, Reason.PodsStarting, count + "; pods are starting");
  }

  /** Until all are there again, whoever was missed once is. */
  private static boolean isOneLost(EPDPool pool, int ready) {
    boolean known =
        readyBefore(pool).filter(c -> c.reason().equals(Reason.PodLost.name())).isPresent();
    return known || wasReady(pool) && ready < stillWanted(pool);
  }

  private static boolean wasReady(EPDPool pool) {
    return readyBefore(pool).filter(c -> c.status() == Status.True).isPresent();
  }

  /** Of those that were ready, as many as the spec wants now. */
  private static int stillWanted(EPDPool pool) {
    EPDPoolStatus before = pool.getStatus();
    int stood = before == null ? 0 : DeploymentState.orZero(before.readyReplicas());
    return Math.min(stood, pool.getSpec().podsWanted());
  }

  private static Optional<Condition> readyBefore(EPDPool pool) {
    EPDPoolStatus before = pool.getStatus();
    return before == null
        ? Optional.empty()
        : ConditionFactory.find(before.conditions(), ConditionType.Ready);
  }

  /**
   * Whether those that were ready still are, as far as they are wanted: a change of the number
   * alone takes nothing from a pool that was ready. None is no pool that stands.
   */
  private static boolean stand(EPDPool pool, int ready) {
    return wasReady(pool) && ready > 0 && ready >= stillWanted(pool);
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
        && DeploymentState.isFresh(deployment)
        && Objects.equals(deployment.getSpec().getReplicas(), desired)
        && DeploymentState.ready(deployment) >= desired
        && DeploymentState.orZero(status.getUpdatedReplicas()) >= desired
        && DeploymentState.orZero(status.getReplicas())
            <= DeploymentState.orZero(status.getUpdatedReplicas());
  }

  private static int sum(
      List<Deployment> deployments, Function<DeploymentStatus, @Nullable Integer> count) {
    return deployments.stream()
        .map(Deployment::getStatus)
        .filter(Objects::nonNull)
        .mapToInt(status -> DeploymentState.orZero(count.apply(status)))
        .sum();
  }

  private static String selector(Map<String, String> labels) {
    return labels.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(","));
  }
}

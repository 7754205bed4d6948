package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScaleDown;
import dev.epd.api.v1alpha1.ScaleStep;
import dev.epd.api.v1alpha1.ScaleUp;
import dev.epd.api.v1alpha1.ScalingBehavior;
import dev.epd.api.v1alpha1.ScalingFallback;
import dev.epd.api.v1alpha1.ScalingMode;
import dev.epd.api.v1alpha1.ScalingSchedule;
import dev.epd.api.v1alpha1.WhenMetricsMissing;
import dev.epd.autoscaler.Bounds;
import dev.epd.autoscaler.Course;
import dev.epd.autoscaler.Cron;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.Limit;
import dev.epd.autoscaler.Pace;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.autoscaler.RateLimit;
import dev.epd.autoscaler.Schedule;
import dev.epd.autoscaler.StartTimes;
import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import dev.epd.planner.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Between the API's types and the scaler's. */
final class Mapping {
  /** As whose the maximum is named that the GPU budget sets. */
  private static final String GPU_BUDGET = "scaling.maxGPUs";

  /** How long a kubelet may take to say the first time that a pod is not ready. */
  private static final Duration TAKING_ON = Duration.ofSeconds(10);

  private Mapping() {}

  static PolicySettings settings(EPDAutoscalingPolicySpec policy) {
    ScalingBehavior behavior = policy.behaviorOrDefault();
    ScalingFallback fallback = policy.fallback();
    return new PolicySettings(
        switch (policy.modeOrDefault()) {
          case Off -> PolicySettings.Mode.OFF;
          case Recommend -> PolicySettings.Mode.RECOMMEND;
          case Auto -> PolicySettings.Mode.AUTO;
        },
        policy.imageQueue().targetWaitOrDefault(),
        behavior.scaleDownIdle().orElse(null),
        behavior.intervalOrDefault(),
        policy.warmSparesOrDefault(),
        pace(behavior),
        fallback == null || policy.whenMetricsMissing() != WhenMetricsMissing.Fallback
            ? null
            : new PolicySettings.Fallback(fallback.replicas(), fallback.afterOrDefault()));
  }

  private static Pace pace(ScalingBehavior behavior) {
    ScaleUp up = behavior.scaleUp();
    ScaleDown down = behavior.scaleDown();
    if (up == null && down == null) {
      return Pace.FREE;
    }
    return new Pace(
        up == null
            ? RateLimit.NONE
            : new RateLimit(up.maxPods(), up.maxPercent(), up.periodOrDefault()),
        down == null
            ? RateLimit.NONE
            : new RateLimit(down.maxPods(), down.maxPercent(), down.periodOrDefault()),
        up == null ? Duration.ZERO : up.windowOrDefault());
  }

  /**
   * The schedules of a policy.
   *
   * @throws IllegalArgumentException naming the schedule and the field that is wrong
   */
  static List<Schedule> schedules(EPDAutoscalingPolicySpec policy) {
    return policy.schedules().stream().map(Mapping::schedule).toList();
  }

  private static Schedule schedule(ScalingSchedule written) {
    try {
      return new Schedule(
          written.name(),
          Cron.parse(written.start()),
          ZoneId.of(written.timeZoneOrDefault()),
          written.durationParsed(),
          written.minReplicas(),
          written.maxReplicas());
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IllegalArgumentException(
          "schedule %s: %s".formatted(written.name(), e.getMessage()), e);
    }
  }

  static PoolState state(EPDPool pool, Bounds bounds, List<Pod> pods, Instant now) {
    return new PoolState(
        pool.getSpec().replicasOrDefault(),
        bounds.min(),
        bounds.max(),
        pods.stream().filter(Mapping::isThere).map(pod -> replica(pod, now)).toList(),
        bounds.minBy(),
        isOfBudget(pool, bounds) ? GPU_BUDGET : bounds.maxBy(),
        pool.getSpec().startupOrDefault().timeoutOrDefault());
  }

  /** Whether the maximum is what the cluster's GPU budget leaves, not what was written. */
  private static boolean isOfBudget(EPDPool pool, Bounds bounds) {
    Integer share = pool.getSpec().maxReplicas();
    return bounds.maxBy() == null && share != null && bounds.max() >= share;
  }

  /** The pool's bounds at a moment; only encoders may sleep, whatever a schedule says. */
  static Bounds bounds(Autoscaling own, Role role, List<Schedule> schedules, Instant now) {
    int min = own.minOrDefault();
    Bounds bounds = at(own, min, schedules, now);
    return role == Role.ENCODER || bounds.min() > 0
        ? bounds
        : new Bounds(1, bounds.max(), null, bounds.maxBy());
  }

  private static Bounds at(Autoscaling own, int min, List<Schedule> schedules, Instant now) {
    return Bounds.at(min, Math.max(min, own.maxReplicas()), schedules, now);
  }

  /** The pods of the compatibility keys of ready gateways; all while there is none. */
  static List<Pod> within(List<Pod> pods, List<Pod> gateways) {
    Set<String> serving =
        gateways.stream()
            .filter(pod -> phase(pod) == Phase.READY)
            .map(Mapping::keyOf)
            .collect(Collectors.toSet());
    return serving.isEmpty()
        ? pods
        : pods.stream().filter(pod -> serving.contains(keyOf(pod))).toList();
  }

  private static String keyOf(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(Labels.COMPATIBILITY_KEY, "");
  }

  static List<Endpoint> ready(List<Pod> pods) {
    return in(Phase.READY, pods);
  }

  /** Pods that are told to stop and may still have work. */
  static List<Endpoint> leaving(List<Pod> pods) {
    return in(Phase.DRAINING, pods);
  }

  private static List<Endpoint> in(Phase phase, List<Pod> pods) {
    return pods.stream()
        .filter(pod -> pod.getStatus() != null && phase(pod) == phase)
        .filter(pod -> pod.getStatus().getPodIP() != null)
        .map(pod -> new Endpoint(pod.getMetadata().getName(), pod.getStatus().getPodIP()))
        .toList();
  }

  static Learned learned(@Nullable EPDPoolStatus status) {
    if (status == null || status.scaler() == null) {
      return Learned.NOTHING;
    }
    Double rate = status.scaler().patchesPerSecondPerReplica();
    Double overhead = status.scaler().overheadPatchesPerImage();
    return new Learned(
        rate == null ? 0 : rate,
        overhead == null ? 0 : overhead,
        StartTimes.learned(
            duration(status.scaler().startupSeconds()),
            duration(status.scaler().startupP95Seconds())),
        null,
        null);
  }

  /**
   * What the status says of the changes that count for rate limits; nothing where another hand has
   * set the number since.
   */
  static List<Course.Change> changes(@Nullable EPDPoolStatus status, int replicas, Instant now) {
    List<ScaleStep> steps = status == null ? List.of() : status.decisions().reversed();
    List<Course.Change> changes =
        steps.stream()
            .filter(step -> step.mode() == null && step.from() != step.to())
            .flatMap(step -> change(step).stream())
            .filter(change -> change.at().isAfter(now.minus(Course.REMEMBERED)))
            .filter(change -> !change.at().isAfter(now))
            .toList();
    return changes.isEmpty() || changes.getLast().to() == replicas ? changes : List.of();
  }

  /** Empty where the time is none: whoever may write a status may write anything there. */
  private static Optional<Course.Change> change(ScaleStep step) {
    try {
      return Optional.of(new Course.Change(Instant.parse(step.time()), step.from(), step.to()));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static @Nullable Duration duration(@Nullable Double seconds) {
    return seconds == null ? null : Duration.ofMillis(Math.round(seconds * 1000));
  }

  static ScaleDecision record(Decision decision, ScalingMode mode, Instant now) {
    Map<String, String> inputs = new LinkedHashMap<>();
    decision.inputs().entrySet().stream()
        .limit(ScaleDecision.MOST_INPUTS)
        .forEach(input -> inputs.put(input.getKey(), shortly(input.getValue())));
    return new ScaleDecision(
        mode == ScalingMode.Auto ? null : mode,
        decision.from(),
        decision.to(),
        decision.wanted(),
        limitedBy(decision),
        decision.signal(),
        decision.sentence(),
        inputs,
        now.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  static @Nullable String limitedBy(Decision decision) {
    if (decision.limitedBy() == Limit.NONE) {
      return null;
    }
    String by = decision.by();
    if (GPU_BUDGET.equals(by)) {
      return "MaxGPUs";
    }
    if (decision.limitedBy() == Limit.RATIO) {
      return ScaleDecision.RATIO + by;
    }
    return by != null ? "Schedule/" + by : camelCase(decision.limitedBy().name());
  }

  private static Replica replica(Pod pod, Instant now) {
    Phase phase = phase(pod);
    Instant unready = phase == Phase.STARTING ? unreadyAgainSince(pod) : null;
    Instant since =
        unready != null ? unready : Instant.parse(pod.getMetadata().getCreationTimestamp());
    Duration age = Duration.between(since, now);
    return new Replica(
        pod.getMetadata().getName(),
        phase,
        age.isNegative() ? Duration.ZERO : age,
        unready != null);
  }

  /**
   * Since when a pod that was ready is not. A kubelet calls a pod unready when it takes it on; to
   * be called so later it must have been ready in between.
   */
  private static @Nullable Instant unreadyAgainSince(Pod pod) {
    if (pod.getStatus() == null || pod.getStatus().getStartTime() == null) {
      return null;
    }
    Instant taken = Instant.parse(pod.getStatus().getStartTime());
    return pod.getStatus().getConditions().stream()
        .filter(c -> "Ready".equals(c.getType()) && c.getLastTransitionTime() != null)
        .map(c -> Instant.parse(c.getLastTransitionTime()))
        .filter(since -> since.isAfter(taken.plus(TAKING_ON)))
        .findFirst()
        .orElse(null);
  }

  private static Phase phase(Pod pod) {
    if (!isAlive(pod)) {
      return Phase.FAILED;
    }
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return Phase.DRAINING;
    }
    boolean ready =
        pod.getStatus() != null
            && pod.getStatus().getConditions().stream()
                .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    return ready ? Phase.READY : Phase.STARTING;
  }

  /** One that has ended because it was told to leaves nothing behind to speak of. */
  private static boolean isThere(Pod pod) {
    return isAlive(pod) || pod.getMetadata().getDeletionTimestamp() == null;
  }

  private static boolean isAlive(Pod pod) {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    return !"Succeeded".equals(phase) && !"Failed".equals(phase);
  }

  private static String shortly(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.3f", value);
  }

  /** MAX_REPLICAS as the API writes it: MaxReplicas. */
  static String camelCase(String constant) {
    StringBuilder name = new StringBuilder();
    for (String word : constant.split("_", -1)) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }
}

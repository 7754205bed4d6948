package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScalingMode;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.Limit;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Between the API's types and the scaler's. */
final class Mapping {
  private Mapping() {}

  static PolicySettings settings(EPDAutoscalingPolicySpec policy) {
    return new PolicySettings(
        policy.modeOrDefault() == ScalingMode.Off
            ? PolicySettings.Mode.OFF
            : PolicySettings.Mode.AUTO,
        policy.imageQueue().targetWaitOrDefault(),
        policy.behaviorOrDefault().scaleDownIdle().orElse(null),
        policy.behaviorOrDefault().intervalOrDefault());
  }

  static PoolState state(EPDPool pool, Autoscaling bounds, List<Pod> pods, Instant now) {
    int min = bounds.minOrDefault();
    return new PoolState(
        pool.getSpec().replicasOrDefault(),
        min,
        Math.max(min, bounds.maxReplicas()),
        pods.stream().filter(Mapping::isAlive).map(pod -> replica(pod, now)).toList());
  }

  static List<Endpoint> ready(List<Pod> pods) {
    return pods.stream()
        .filter(pod -> isAlive(pod) && phase(pod) == Phase.READY)
        .filter(pod -> pod.getStatus().getPodIP() != null)
        .map(pod -> new Endpoint(pod.getMetadata().getName(), pod.getStatus().getPodIP()))
        .toList();
  }

  static Learned learned(@Nullable EPDPoolStatus status) {
    if (status == null || status.scaler() == null) {
      return Learned.NOTHING;
    }
    Double rate = status.scaler().patchesPerSecondPerReplica();
    Double startup = status.scaler().startupSeconds();
    return new Learned(
        rate == null ? 0 : rate,
        startup == null ? null : Duration.ofMillis(Math.round(startup * 1000)),
        null,
        null);
  }

  static ScaleDecision record(Decision decision, Instant now) {
    Map<String, String> inputs = new LinkedHashMap<>();
    decision.inputs().forEach((name, value) -> inputs.put(name, shortly(value)));
    return new ScaleDecision(
        decision.from(),
        decision.to(),
        decision.wanted(),
        decision.limitedBy() == Limit.NONE ? null : camelCase(decision.limitedBy().name()),
        decision.sentence(),
        inputs,
        now.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private static Replica replica(Pod pod, Instant now) {
    Instant created = Instant.parse(pod.getMetadata().getCreationTimestamp());
    Duration age = Duration.between(created, now);
    return new Replica(
        pod.getMetadata().getName(), phase(pod), age.isNegative() ? Duration.ZERO : age);
  }

  private static Phase phase(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return Phase.DRAINING;
    }
    boolean ready =
        pod.getStatus() != null
            && pod.getStatus().getConditions().stream()
                .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    return ready ? Phase.READY : Phase.STARTING;
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

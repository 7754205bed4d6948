package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Behaviour that pools name; it has no target of its own, so no two policies can fight. */
@ApiType
@ValidationRule(
    value =
        "has(self.fallback) == (has(self.whenMetricsMissing) && self.whenMetricsMissing =="
            + " 'Fallback')",
    message = "whenMetricsMissing Fallback and fallback go together: set both or neither")
public record EPDAutoscalingPolicySpec(
    @JsonPropertyDescription(
            "Auto: decide and act. Recommend: decide, and say so in the pool's status only. \"Off\""
                + " (with quotes: YAML reads a bare Off as false): decide nothing. In the last two"
                + " anybody may scale the pool through its /scale.")
        @Default("Auto")
        @Nullable ScalingMode mode,
    @JsonPropertyDescription(
            "What the pool is scaled on; the signal that asks for the most pods counts and is named."
                + " Unset: encoders on ImageQueue, prefill on QueueTokens, decode on KVUtilization.")
        @Size(max = 5)
        List<ScalingSignal> signals,
    @JsonPropertyDescription("Pace of the autoscaler.") @Default("{}")
        @Nullable ScalingBehavior behavior,
    @JsonPropertyDescription("Pods kept above what the load asks for, while there is load.")
        @Default("0")
        @Min(0)
        @Max(100)
        @Nullable Integer warmSpares,
    @JsonPropertyDescription(
            "Other bounds at certain times. Where several count, the highest ones do.")
        @Size(max = 16)
        List<ScalingSchedule> schedules,
    @JsonPropertyDescription(
            "What happens without fresh metrics. Hold: the number of pods stays. Fallback: the same,"
                + " and if none come for fallback.after there are at least fallback.replicas. Nothing"
                + " is ever removed.")
        @Default("Hold")
        @Nullable WhenMetricsMissing whenMetricsMissing,
    @JsonPropertyDescription("Pods to have while metrics are missing, with Fallback.")
        @Nullable ScalingFallback fallback) {
  public EPDAutoscalingPolicySpec {
    signals = Lists.copyOrEmpty(signals);
    schedules = Lists.copyOrEmpty(schedules);
  }

  /** What a pool without a policy gets. */
  public static final EPDAutoscalingPolicySpec DEFAULT =
      new EPDAutoscalingPolicySpec(
          ScalingMode.Auto,
          List.of(),
          new ScalingBehavior("1s", null, null),
          0,
          List.of(),
          WhenMetricsMissing.Hold,
          null);

  public ScalingMode modeOrDefault() {
    return mode == null ? ScalingMode.Auto : mode;
  }

  public int warmSparesOrDefault() {
    return warmSpares == null ? 0 : warmSpares;
  }

  public ScalingBehavior behaviorOrDefault() {
    return behavior == null ? new ScalingBehavior(null, null, null) : behavior;
  }

  /** The image queue's settings, defaults when the policy names no such signal. */
  public ImageQueueSignal imageQueue() {
    return signals.stream()
        .filter(s -> s.type() == SignalType.ImageQueue)
        .findFirst()
        .map(ScalingSignal::imageQueueOrDefault)
        .orElse(new ImageQueueSignal(null));
  }
}

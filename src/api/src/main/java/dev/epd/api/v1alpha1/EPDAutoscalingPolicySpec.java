package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Behaviour that pools name; it has no target of its own, so no two policies can fight. */
@ApiType
public record EPDAutoscalingPolicySpec(
    @JsonPropertyDescription(
            "Auto: decide and act. \"Off\" (with quotes: YAML reads a bare Off as false): leave the"
                + " number of pods as it is.")
        @Default("Auto")
        @Nullable ScalingMode mode,
    @JsonPropertyDescription(
            "What the pool is scaled on. Unset: ImageQueue with a target wait of 500ms.")
        @Size(max = 4)
        List<ScalingSignal> signals,
    @JsonPropertyDescription("Pace of the autoscaler.") @Default("{}")
        @Nullable ScalingBehavior behavior,
    @JsonPropertyDescription(
            "What happens without complete, fresh metrics. Hold: the number of pods stays.")
        @Default("Hold")
        @Nullable WhenMetricsMissing whenMetricsMissing) {
  public EPDAutoscalingPolicySpec {
    signals = Lists.copyOrEmpty(signals);
  }

  /** What a pool without a policy gets. */
  public static final EPDAutoscalingPolicySpec DEFAULT =
      new EPDAutoscalingPolicySpec(
          ScalingMode.Auto, List.of(), new ScalingBehavior("1s", null), WhenMetricsMissing.Hold);

  public ScalingMode modeOrDefault() {
    return mode == null ? ScalingMode.Auto : mode;
  }

  public ScalingBehavior behaviorOrDefault() {
    return behavior == null ? new ScalingBehavior(null, null) : behavior;
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

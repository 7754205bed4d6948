package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** One signal: a union by type. */
@ApiType
@ValidationRule(
    value =
        "(!has(self.imageQueue) || self.type == 'ImageQueue') && (!has(self.queueTokens) || self.type"
            + " == 'QueueTokens') && (!has(self.kvUtilization) || self.type == 'KVUtilization') &&"
            + " (!has(self.latency) || self.type == 'Latency') && (!has(self.prometheus) || self.type"
            + " == 'Prometheus')",
    message =
        "a signal has the settings of its own type only: imageQueue, queueTokens, kvUtilization,"
            + " latency or prometheus")
@ValidationRule(
    value =
        "(self.type != 'Latency' || has(self.latency)) && (self.type != 'Prometheus' ||"
            + " has(self.prometheus))",
    message = "type Latency needs latency, type Prometheus needs prometheus: there is no default")
public record ScalingSignal(
    @JsonPropertyDescription(
            "ImageQueue: encoders. QueueTokens: prefill. KVUtilization: prefill or decode. Latency,"
                + " Prometheus: any pool.")
        @Required
        SignalType type,
    @JsonPropertyDescription("Settings of type ImageQueue.") @Nullable ImageQueueSignal imageQueue,
    @JsonPropertyDescription("Settings of type QueueTokens.")
        @Nullable QueueTokensSignal queueTokens,
    @JsonPropertyDescription("Settings of type KVUtilization.")
        @Nullable KvUtilizationSignal kvUtilization,
    @JsonPropertyDescription("Settings of type Latency.") @Nullable LatencySignal latency,
    @JsonPropertyDescription("Settings of type Prometheus.")
        @Nullable PrometheusSignal prometheus) {

  /** A signal with the defaults of its type. */
  public static ScalingSignal of(SignalType type) {
    return new ScalingSignal(type, null, null, null, null, null);
  }

  public ImageQueueSignal imageQueueOrDefault() {
    return imageQueue == null ? new ImageQueueSignal(null) : imageQueue;
  }

  public QueueTokensSignal queueTokensOrDefault() {
    return queueTokens == null ? new QueueTokensSignal(null) : queueTokens;
  }

  public KvUtilizationSignal kvUtilizationOrDefault() {
    return kvUtilization == null ? new KvUtilizationSignal(null) : kvUtilization;
  }
}

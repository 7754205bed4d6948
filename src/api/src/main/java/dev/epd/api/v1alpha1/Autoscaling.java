package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The autoscaler owns the pool's replicas, within these bounds. */
@ApiType
@ValidationRule(
    value = "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
    message = "minReplicas must not exceed maxReplicas: raise maxReplicas or lower minReplicas")
public record Autoscaling(
    @JsonPropertyDescription(
            "Fewest pods. 0 lets encoders sleep: the gateway holds the images that wake them.")
        @Default("1")
        @Min(0)
        @Max(1000)
        @Nullable Integer minReplicas,
    @JsonPropertyDescription("Most pods.") @Required @Min(1) @Max(1000) Integer maxReplicas,
    @JsonPropertyDescription(
            "The EPDAutoscalingPolicy that says how to scale. Unset: the policy's defaults.")
        @Nullable LocalRef policyRef) {

  public int minOrDefault() {
    return minReplicas == null ? 1 : minReplicas;
  }
}

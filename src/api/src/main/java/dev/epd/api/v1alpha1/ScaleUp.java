package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** When pods are added, and how many at once. */
@ApiType
@ValidationRule(
    value = "!has(self.period) || has(self.maxPods) || has(self.maxPercent)",
    message = "scaleUp.period needs scaleUp.maxPods or scaleUp.maxPercent: nothing is limited")
public record ScaleUp(
    @JsonPropertyDescription(
            "Most pods added within a period. Unset: as many as the load asks for.")
        @Min(1)
        @Max(1000)
        @Nullable Integer maxPods,
    @JsonPropertyDescription(
            "The same as a share of the pods at the period's beginning. With both, the larger counts.")
        @Min(1)
        @Max(10_000)
        @Nullable Integer maxPercent,
    @JsonPropertyDescription("Period of the two, 1s to 30m. Unset: 1m.")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('30m')",
            message = "scaleUp.period must lie between 1s and 30m")
        @Nullable String period,
    @JsonPropertyDescription(
            "How long more must have been wanted before pods are added, up to 30m.")
        @Default("0s")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) <= duration('30m')",
            message = "scaleUp.stabilizationWindow must not exceed 30m")
        @Nullable String stabilizationWindow) {

  public Duration periodOrDefault() {
    return KubeDuration.parse(period == null ? "1m" : period);
  }

  public Duration windowOrDefault() {
    return KubeDuration.parse(stabilizationWindow == null ? "0s" : stabilizationWindow);
  }
}

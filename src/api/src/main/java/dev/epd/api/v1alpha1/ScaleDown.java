package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** When pods are given back, and how many at once. */
@ApiType
@ValidationRule(
    value = "!has(self.period) || has(self.maxPods) || has(self.maxPercent)",
    message =
        "scaleDown.period needs scaleDown.maxPods or scaleDown.maxPercent: nothing is limited")
public record ScaleDown(
    @JsonPropertyDescription(
            "Time that fewer pods must have been enough before one is given back, 1s to 24h. Unset:"
                + " the learned start-up time of a pod.")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('24h')",
            message = "scaleDown.idleTime must lie between 1s and 24h")
        @Nullable String idleTime,
    @JsonPropertyDescription(
            "Most pods given back within a period. Unset: as many as were not needed.")
        @Min(1)
        @Max(1000)
        @Nullable Integer maxPods,
    @JsonPropertyDescription(
            "The same as a share of the pods at the period's beginning. With both, the larger counts.")
        @Min(1)
        @Max(100)
        @Nullable Integer maxPercent,
    @JsonPropertyDescription("Period of the two, 1s to 30m. Unset: 1m.")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('30m')",
            message = "scaleDown.period must lie between 1s and 30m")
        @Nullable String period) {

  public Duration periodOrDefault() {
    return KubeDuration.parse(period == null ? "1m" : period);
  }

  public Optional<Duration> idle() {
    return Optional.ofNullable(idleTime).map(KubeDuration::parse);
  }
}

package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Pace of the autoscaler. */
@ApiType
public record ScalingBehavior(
    @JsonPropertyDescription("Time between two looks at the metrics, 100ms to 1m.")
        @Default("1s")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('100ms') && duration(self) <= duration('1m')",
            message = "behavior.interval must lie between 100ms and 1m")
        @Nullable String interval,
    @JsonPropertyDescription("When pods are added, and how many at once. Unset: as the load asks.")
        @Nullable ScaleUp scaleUp,
    @JsonPropertyDescription("When pods are given back, and how many at once.")
        @Nullable ScaleDown scaleDown) {

  public Duration intervalOrDefault() {
    return KubeDuration.parse(interval == null ? "1s" : interval);
  }

  /** The idle time that the user set; empty: learned. */
  public Optional<Duration> scaleDownIdle() {
    return scaleDown == null ? Optional.empty() : scaleDown.idle();
  }
}

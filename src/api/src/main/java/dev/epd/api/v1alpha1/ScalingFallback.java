package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How many pods there should be at least while the load is not known. */
@ApiType
public record ScalingFallback(
    @JsonPropertyDescription("Pods to have at least, within the bounds. More than that stay.")
        @Required
        @Min(1)
        @Max(1000)
        Integer replicas,
    @JsonPropertyDescription("How long there must have been no usable metrics, 1s to 1h.")
        @Default("1m")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('1h')",
            message = "fallback.after must lie between 1s and 1h")
        @Nullable String after) {

  public Duration afterOrDefault() {
    return KubeDuration.parse(after == null ? "1m" : after);
  }
}

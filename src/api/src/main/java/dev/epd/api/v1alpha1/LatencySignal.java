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

/** How long something may take. */
@ApiType
public record LatencySignal(
    @JsonPropertyDescription(
            "What is measured, at the gateways: TimeToFirstToken, InterToken, Queue (admission to"
                + " places) or Encode (an image's place to its embeddings).")
        @Required
        LatencyMetric metric,
    @JsonPropertyDescription("Target of the percentile over the last 30 seconds, 1ms to 60s.")
        @Required
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1ms') && duration(self) <= duration('60s')",
            message =
                "latency.target must lie between 1ms and 60s: gateways tell times apart up to 120s"
                    + " only")
        String target,
    @JsonPropertyDescription("Which percentile.") @Default("95") @Min(50) @Max(99)
        @Nullable Integer percentile) {

  public Duration targetParsed() {
    return KubeDuration.parse(target);
  }

  public int percentileOrDefault() {
    return percentile == null ? 95 : percentile;
  }
}

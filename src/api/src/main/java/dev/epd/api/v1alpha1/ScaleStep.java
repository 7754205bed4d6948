package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One of the autoscaler's last decisions, in short. */
@ApiType
public record ScaleStep(
    @JsonPropertyDescription("When it was decided (RFC 3339, UTC).") @Required @Size(max = 40)
        String time,
    @JsonPropertyDescription("Recommend or Off: nothing was done. Unset: it was acted on.")
        @Nullable ScalingMode mode,
    @JsonPropertyDescription("Pods before.") @Min(0) int from,
    @JsonPropertyDescription("Pods after, or recommended.") @Min(0) int to,
    @JsonPropertyDescription("Pods that the load alone would ask for.") @Min(0)
        @Nullable Integer wanted,
    @JsonPropertyDescription("What held the decision; unset: nothing.") @Size(max = 64)
        @Nullable String limitedBy,
    @JsonPropertyDescription("Why, in a sentence.") @Size(max = 1024) String reason,
    @JsonPropertyDescription("The numbers it was decided on, where the number of pods changed.")
        @Size(max = 32)
        Map<String, String> inputs) {
  public ScaleStep {
    inputs = inputs == null ? Map.of() : Map.copyOf(inputs);
  }
}

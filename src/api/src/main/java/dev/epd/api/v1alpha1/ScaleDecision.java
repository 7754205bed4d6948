package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The autoscaler's last decision that changed something or gave another reason. */
@ApiType
public record ScaleDecision(
    @JsonPropertyDescription("Pods before.") @Min(0) int from,
    @JsonPropertyDescription("Pods after.") @Min(0) int to,
    @JsonPropertyDescription("Pods that the load alone would ask for, before bounds.") @Min(0)
        int wanted,
    @JsonPropertyDescription("The bound that held the decision, such as MaxReplicas; unset: none.")
        @Size(max = 64)
        @Nullable String limitedBy,
    @JsonPropertyDescription("Why, in a sentence.") @Size(max = 1024) String reason,
    @JsonPropertyDescription("The numbers it was decided on, with their units in the names.")
        @Size(max = 32)
        Map<String, String> inputs,
    @JsonPropertyDescription("When it was decided (RFC 3339, UTC).") @Required @Size(max = 40)
        String time) {
  public ScaleDecision {
    inputs = inputs == null ? Map.of() : Map.copyOf(inputs);
  }
}

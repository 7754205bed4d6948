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
    @JsonPropertyDescription("Recommend or Off: nothing was done. Unset: it was acted on.")
        @Nullable ScalingMode mode,
    @JsonPropertyDescription("Pods before.") @Min(0) int from,
    @JsonPropertyDescription("Pods after, or recommended.") @Min(0) int to,
    @JsonPropertyDescription("Pods that the load alone would ask for, before bounds.") @Min(0)
        int wanted,
    @JsonPropertyDescription(
            "What held the decision, such as MaxReplicas or Schedule/night; unset: nothing.")
        @Size(max = 64)
        @Nullable String limitedBy,
    @JsonPropertyDescription("The signal that asked for the most pods.") @Size(max = 32)
        @Nullable String signal,
    @JsonPropertyDescription("Why, in a sentence.") @Size(max = 1024) String reason,
    @JsonPropertyDescription("The numbers it was decided on, with their units in the names.")
        @Size(max = ScaleDecision.MOST_INPUTS)
        Map<String, String> inputs,
    @JsonPropertyDescription("When it was decided (RFC 3339, UTC).") @Required @Size(max = 40)
        String time) {
  /** Numbers that are kept of a decision. */
  public static final int MOST_INPUTS = 32;

  /** What {@code limitedBy} begins with where a ratio is the limit; the ratio follows. */
  public static final String RATIO = "Ratio/";

  public ScaleDecision {
    inputs = inputs == null ? Map.of() : Map.copyOf(inputs);
  }

  /** Whether the number is the autoscaler's own doing, not advice. */
  public boolean wasActedOn() {
    return mode == null || mode == ScalingMode.Auto;
  }

  /** Whether fewer pods than the load asks for came of a ratio to another pool. */
  public boolean wasLoweredByARatio() {
    return limitedBy != null && limitedBy.startsWith(RATIO) && to < wanted;
  }

  /** The same in short. */
  public ScaleStep step() {
    Map<String, String> numbers = from == to ? Map.of() : inputs;
    return new ScaleStep(time, mode, from, to, wanted, limitedBy, reason, numbers);
  }
}

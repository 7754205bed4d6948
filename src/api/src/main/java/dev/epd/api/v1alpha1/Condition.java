package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One condition, shaped as metav1.Condition. */
@ApiType
public record Condition(
    @JsonPropertyDescription("What the condition is about, such as Ready.")
        @Required
        @Pattern("^[A-Za-z][A-Za-z0-9]*$")
        @Size(min = 1, max = 64)
        String type,
    @JsonPropertyDescription("True, False or Unknown.") @Required Status status,
    @JsonPropertyDescription("Generation of the spec that this condition speaks of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("When status last changed (RFC 3339, UTC).") @Required @Size(max = 40)
        String lastTransitionTime,
    @JsonPropertyDescription(
            "One word that says why; each is explained in the troubleshooting" + " guide.")
        @Required
        @Pattern("^[A-Za-z][A-Za-z0-9]*$")
        @Size(min = 1, max = 64)
        String reason,
    @JsonPropertyDescription("A sentence that says why and what to do.") @Required @Size(max = 4096)
        String message) {

  /** The three values of a condition. */
  public enum Status {
    True,
    False,
    Unknown;

    public static Status of(boolean value) {
      return value ? True : False;
    }
  }
}

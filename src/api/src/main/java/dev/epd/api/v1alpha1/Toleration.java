package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A taint that pods tolerate, shaped as in core/v1. */
@ApiType
@ValidationRule(
    value = "!has(self.operator) || self.operator != 'Exists' || !has(self.value)",
    message = "a toleration with operator Exists takes no value: remove value, or use Equal")
@ValidationRule(
    value = "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
    message = "a toleration without key tolerates every taint: set operator to Exists to say so")
public record Toleration(
    @JsonPropertyDescription("Key of the taint. Unset, with operator Exists: every taint.")
        @Size(max = 316)
        @Nullable String key,
    @JsonPropertyDescription("Exists, or Equal (default).") @Nullable Operator operator,
    @JsonPropertyDescription("Value of the taint, for Equal.") @Size(max = 63)
        @Nullable String value,
    @JsonPropertyDescription("Effect of the taint. Unset: every effect.") @Nullable Effect effect,
    @JsonPropertyDescription(
            "How long a pod stays on a node that is tainted NoExecute, in seconds.")
        @Min(0)
        @Nullable Long tolerationSeconds) {

  /** How key and value are compared. */
  public enum Operator {
    Exists,
    Equal
  }

  /** What a taint does to pods. */
  public enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute
  }
}

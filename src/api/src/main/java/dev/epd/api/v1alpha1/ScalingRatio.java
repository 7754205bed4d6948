package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How many pods of one role there may be for each of another. */
@ApiType
@ValidationRule(
    value =
        "self.numerator != self.denominator && self.numerator != 'gateway' && self.denominator !="
            + " 'gateway'",
    message = "a ratio is between two different roles: encoder, prefill or decode")
@ValidationRule(
    value = "has(self.min) || has(self.max)",
    message = "a ratio must set min, max or both")
@ValidationRule(
    value = "!has(self.min) || !has(self.max) || double(self.min) <= double(self.max)",
    message = "min of a ratio must not exceed its max")
public record ScalingRatio(
    @JsonPropertyDescription("The role whose pods are counted.") @Required Role numerator,
    @JsonPropertyDescription("The role by whose pods they are divided.") @Required Role denominator,
    @JsonPropertyDescription("Fewest per pod of denominator, as in 1 or 0.5.")
        @Size(max = 8)
        @Pattern(RatioRules.DECIMAL)
        @Nullable String min,
    @JsonPropertyDescription("Most per pod of denominator.")
        @Size(max = 8)
        @Pattern(RatioRules.DECIMAL)
        @Nullable String max) {
  public @Nullable Double minParsed() {
    return min == null ? null : Double.valueOf(min);
  }

  public @Nullable Double maxParsed() {
    return max == null ? null : Double.valueOf(max);
  }
}

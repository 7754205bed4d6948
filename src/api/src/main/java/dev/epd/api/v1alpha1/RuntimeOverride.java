package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one pool runs differently from the rest of the cluster. */
@ApiType
@ValidationRule(value = ReservedFlags.RULE, message = ReservedFlags.MESSAGE)
public record RuntimeOverride(
    @JsonPropertyDescription("Image for this pool, instead of the cluster's.")
        @Pattern("^\\S+$")
        @Size(min = 1, max = 512)
        @Nullable String image,
    @JsonPropertyDescription("Flags for this pool, after the cluster's.") @Size(max = 64)
        List<@Size(min = 1, max = 1024) String> args,
    @JsonPropertyDescription(
            "Environment variables for this pool; one with the same name replaces the cluster's.")
        @Size(max = 64)
        List<EnvEntry> env) {
  public RuntimeOverride {
    args = Lists.copyOrEmpty(args);
    env = Lists.copyOrEmpty(env);
  }
}

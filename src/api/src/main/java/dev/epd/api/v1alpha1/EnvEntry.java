package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** One environment variable of the runtime container, shaped as in core/v1. */
@ApiType
@ValidationRule(
    value = "!(has(self.value) && has(self.valueFrom))",
    message = "an env entry takes value or valueFrom, not both")
@ValidationRule(
    value = "!(self.name in ['POD_NAME', 'POD_NAMESPACE', 'POD_IP', 'POD_UID'])",
    message =
        "POD_NAME, POD_NAMESPACE, POD_IP and POD_UID are set by the operator: remove them from env")
public record EnvEntry(
    @JsonPropertyDescription("Name of the variable.")
        @Required
        @Pattern("^[A-Za-z_][A-Za-z0-9_.-]*$")
        @Size(min = 1, max = 128)
        String name,
    @JsonPropertyDescription("Literal value.") @Size(max = 4096) @Nullable String value,
    @JsonPropertyDescription("Source of the value, instead of value.")
        @Nullable EnvSource valueFrom) {}

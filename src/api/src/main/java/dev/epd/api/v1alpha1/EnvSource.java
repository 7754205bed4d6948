package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where the value of an environment variable comes from: exactly one. */
@ApiType
@ValidationRule(
    value =
        "(has(self.secretKeyRef) ? 1 : 0) + (has(self.configMapKeyRef) ? 1 : 0) +"
            + " (has(self.fieldRef) ? 1 : 0) == 1",
    message = "valueFrom needs exactly one of secretKeyRef, configMapKeyRef or fieldRef")
public record EnvSource(
    @JsonPropertyDescription("A key of a Secret in the same namespace.")
        @Nullable KeyRef secretKeyRef,
    @JsonPropertyDescription("A key of a ConfigMap in the same namespace.")
        @Nullable KeyRef configMapKeyRef,
    @JsonPropertyDescription("A field of the pod.") @Nullable FieldRef fieldRef) {}

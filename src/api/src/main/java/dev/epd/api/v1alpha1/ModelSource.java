package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where the model comes from: a union, exactly one member is set. */
@ApiType
@ValidationRule(
    value = "has(self.pvc)",
    message = "model.source needs exactly one source: set pvc with the claim that holds the model")
public record ModelSource(
    @JsonPropertyDescription("The model lies on a PersistentVolumeClaim.")
        @Nullable PvcSource pvc) {}

package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A model on a volume; mounted read-only into every pod. */
@ApiType
@ValidationRule(
    value = "!has(self.path) || !self.path.split('/').exists(p, p == '..' || p == '.')",
    message = "path must not contain '.' or '..': name the folder relative to the volume's root",
    fieldPath = ".path")
public record PvcSource(
    @JsonPropertyDescription(
            "Name of the PersistentVolumeClaim, in the same namespace. Several pods read it:"
                + " ReadOnlyMany or ReadWriteMany.")
        @Required
        @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
        @Size(min = 1, max = 253)
        String claimName,
    @JsonPropertyDescription(
            "Folder of the model inside the volume, such as qwen2.5-vl-3b: it holds config.json and"
                + " *.safetensors. Unset: the volume's root.")
        @Pattern("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$")
        @Size(min = 1, max = 256)
        @Nullable String path) {}

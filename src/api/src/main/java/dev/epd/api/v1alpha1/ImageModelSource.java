package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * A model in an OCI image, mounted read-only into every pod as an image volume (<a
 * href="https://kubernetes.io/docs/concepts/storage/volumes/#image">Kubernetes 1.33 and newer, off
 * by default before 1.35, with a container runtime that mounts images</a>).
 */
@ApiType
@ValidationRule(
    value = "!has(self.path) || !self.path.split('/').exists(p, p == '..' || p == '.')",
    message = "path must not contain '.' or '..': name the folder relative to the image's root",
    fieldPath = ".path")
public record ImageModelSource(
    @JsonPropertyDescription(
            "Image that holds the model's files; name it by digest, a tag that moves is not noticed."
                + " Pulled with runtime.imagePullSecrets.")
        @Required
        @Pattern("^\\S+$")
        @Size(min = 1, max = 512)
        String reference,
    @JsonPropertyDescription(
            "When the image is pulled: Always, IfNotPresent or Never. Unset: Kubernetes decides by"
                + " the image's tag.")
        @Nullable ImagePullPolicy pullPolicy,
    @JsonPropertyDescription(
            "Folder of the model inside the image: it holds config.json and *.safetensors. Unset: the"
                + " image's root.")
        @Pattern("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$")
        @Size(min = 1, max = 256)
        @Nullable String path) {}

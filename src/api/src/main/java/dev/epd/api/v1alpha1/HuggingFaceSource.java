package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * A model on the Hugging Face hub, or on one that speaks its protocol (HF_ENDPOINT in {@code
 * runtime.env}). An init container of the runtime's image fetches it into a volume of the pod.
 */
@ApiType
public record HuggingFaceSource(
    @JsonPropertyDescription("Repository, such as Qwen/Qwen2.5-VL-3B-Instruct.")
        @Required
        @Pattern("^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$")
        @Size(min = 1, max = 193)
        String repo,
    @JsonPropertyDescription(
            "Commit of the repository; a tag or a branch such as main is taken too, but pods that start"
                + " after it has moved get other files than those that run.")
        @Required
        @Pattern("^[A-Za-z0-9][A-Za-z0-9._/-]*$")
        @Size(min = 1, max = 128)
        String revision,
    @JsonPropertyDescription(
            "Secret with the token for a private or gated repository. Unset: none is sent.")
        @Nullable HubTokenRef tokenSecretRef,
    @JsonPropertyDescription(
            "Most that the files may take of the node's disk, such as 20Gi. Unset: no limit of its own.")
        @Pattern(Quantities.BYTES)
        @Size(max = 16)
        @Nullable String sizeLimit) {}

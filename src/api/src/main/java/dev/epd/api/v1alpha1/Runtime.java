package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The program that runs in every pod. */
@ApiType
@ValidationRule(value = ReservedFlags.RULE, message = ReservedFlags.MESSAGE)
public record Runtime(
    @JsonPropertyDescription(
            "Container image of the runtime; a digest is safest. A pool may override it.")
        @Required
        @Pattern("^\\S+$")
        @Size(min = 1, max = 512)
        String image,
    @JsonPropertyDescription("Further flags for every role, after those the operator sets.")
        @Size(max = 64)
        List<@Size(min = 1, max = 1024) String> args,
    @JsonPropertyDescription("Environment variables for every role.") @Size(max = 64)
        List<EnvEntry> env,
    @JsonPropertyDescription(
            "When the image is pulled: Always, IfNotPresent or Never. Unset: Kubernetes decides by"
                + " the image's tag.")
        @Nullable ImagePullPolicy imagePullPolicy,
    @JsonPropertyDescription("Secrets with registry credentials, in the same namespace.")
        @Size(max = 8)
        List<LocalRef> imagePullSecrets,
    @JsonPropertyDescription(
            "What the image's roles say to each other, when it is not what this operator's own image"
                + " says: set it, in the same change, with an image of another contract, and a new set"
                + " of pods comes up beside the old. Unset: the operator's own.")
        @Pattern("^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")
        @Size(min = 1, max = 32)
        @Nullable String contractVersion) {
  public Runtime {
    args = Lists.copyOrEmpty(args);
    env = Lists.copyOrEmpty(env);
    imagePullSecrets = Lists.copyOrEmpty(imagePullSecrets);
  }
}

package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * The model that the cluster serves. The name is immutable: clients ask for it, so renaming it is a
 * new service, not a change of this one. The source may change (a new checkpoint): that is a new
 * compatibility key.
 */
@ApiType
public record Model(
    @JsonPropertyDescription(
            "Name under which clients ask for the model (the OpenAI field model). Cannot be changed"
                + " later.")
        @Required
        @Pattern("^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$")
        @Size(min = 1, max = 63)
        @ValidationRule(
            value = "self == oldSelf",
            message =
                "model.name cannot be changed, clients ask for it by name: create a second"
                    + " EPDCluster for the other model")
        String name,
    @JsonPropertyDescription("Where the model comes from; exactly one member is set.") @Required
        ModelSource source,
    @JsonPropertyDescription(
            "Longest context (prompt and answer, in tokens) that is served. Unset: the model's own"
                + " limit.")
        @Min(16)
        @Max(10_000_000)
        @Nullable Integer maxContextTokens,
    @JsonPropertyDescription(
            "Type of weights, embeddings and KV cache in memory, the same in all pods: float32,"
                + " bfloat16 (half the memory), or auto (bfloat16 where the weights are stored so,"
                + " float32 otherwise). Unset: float32. A change brings up a new set of pods.")
        @Nullable ModelType dtype,
    @JsonPropertyDescription(
            "Memory that the weights take at dtype, such as 15Gi: pods that set no memory request what"
                + " fits it. Unset: a small model.")
        @Pattern(Quantities.BYTES)
        @Size(max = 16)
        @Nullable String size) {

  /** {@link #size} in bytes; 0 when unset. */
  public long sizeBytes() {
    return size == null ? 0 : Quantities.bytes(size);
  }
}

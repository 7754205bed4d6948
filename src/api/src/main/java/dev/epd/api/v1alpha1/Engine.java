package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** How much one pod takes on at once. */
@ApiType
public record Engine(
    @JsonPropertyDescription(
            "Requests that one pod runs at once; each holds KV cache for the longest context. For"
                + " prefill and decode. Unset: as many as a quarter of the memory holds, 64 at most.")
        @Min(1)
        @Max(4096)
        @Nullable Integer maxSequences,
    @JsonPropertyDescription(
            "Pictures that may wait or run in one pod; more stay in the gateway's queue. For the pods"
                + " that encode. Unset: 16.")
        @Min(1)
        @Max(4096)
        @Nullable Integer maxImages,
    @JsonPropertyDescription(
            "Prompt tokens that one step reads: more read a long prompt faster and hold up the steps of"
                + " running requests longer. For prefill. Unset: 256.")
        @Min(16)
        @Max(65_536)
        @Nullable Integer maxTokens,
    @JsonPropertyDescription(
            "Memory for embeddings of pictures that may be asked for again, 512Mi or 2Gi; it comes on"
                + " top of the model's. For the pods that encode. Unset: 256Mi.")
        @Pattern(Quantities.BYTES)
        @Size(max = 16)
        @Nullable String cacheBytes) {

  /** {@link #cacheBytes} as a number; null when unset. */
  public @Nullable Long cacheBytesOrNull() {
    return cacheBytes == null ? null : Quantities.bytes(cacheBytes);
  }
}

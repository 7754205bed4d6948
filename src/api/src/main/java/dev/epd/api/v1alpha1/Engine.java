package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
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
        @Nullable Integer maxImages) {}

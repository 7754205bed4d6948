package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** What the autoscaler has learned of a pool; kept across restarts of the operator. */
@ApiType
public record ScalerMemory(
    @JsonPropertyDescription("Time from a pod's creation to ready, learned, in seconds.") @Min(0)
        @Nullable Double startupSeconds,
    @JsonPropertyDescription("Work that one busy replica does, learned, in patches per second.")
        @Min(0)
        @Nullable Double patchesPerSecondPerReplica) {}

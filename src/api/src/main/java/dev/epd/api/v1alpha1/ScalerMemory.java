package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** What the autoscaler has learned of a pool; kept across restarts of the operator. */
@ApiType
public record ScalerMemory(
    @JsonPropertyDescription("Usual time from a pod's creation to ready, learned, in seconds.")
        @Min(0)
        @Nullable Double startupSeconds,
    @JsonPropertyDescription("The time that one start in twenty exceeds, in seconds.") @Min(0)
        @Nullable Double startupP95Seconds,
    @JsonPropertyDescription("Work that one busy replica does, learned, in patches per second.")
        @Min(0)
        @Nullable Double patchesPerSecondPerReplica,
    @JsonPropertyDescription("What an image costs by itself: as many patches take as long.") @Min(0)
        @Nullable Double overheadPatchesPerImage) {}

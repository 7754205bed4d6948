package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** Bounds on the cluster as a whole. */
@ApiType
public record Scaling(
    @JsonPropertyDescription(
            "Most GPUs (MIG slices and shared GPUs count as one each) that the pods of all pools may ask for together,"
                + " those that a rollout adds included; a pod that is draining still holds its own."
                + " What the spec does not fix goes to decode first, then prefill, then encoder."
                + " Devices of resources.claims are not counted. Unset: no bound.")
        @Min(0)
        @Max(100_000)
        @Nullable Integer maxGPUs) {}

package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bounds on the cluster as a whole. */
@ApiType
public record Scaling(
    @JsonPropertyDescription(
            "Most GPUs (MIG slices and shared GPUs count as one each) that the pods of all pools may ask for together,"
                + " those that a rollout adds included; a pod that is draining still holds its own, and"
                + " a change of model holds both sets unless rollout.strategy is Recreate."
                + " What the spec does not fix goes to decode first, then prefill, then encoder."
                + " Devices of resources.claims are not counted. Unset: no bound.")
        @Min(0)
        @Max(100_000)
        @Nullable Integer maxGPUs,
    @JsonPropertyDescription(
            "Pods of one role for each of another. The autoscaler keeps them on the pools that it"
                + " owns: a pool grows with what the other needs, and not beyond what the other's"
                + " bounds admit. In conflict count first replicas, minReplicas and maxReplicas, then"
                + " maxGPUs, then ratios, then signals. A pool at 0 has no ratio.")
        @Size(max = 3)
        List<ScalingRatio> ratios) {
  public Scaling {
    ratios = Lists.copyOrEmpty(ratios);
  }
}

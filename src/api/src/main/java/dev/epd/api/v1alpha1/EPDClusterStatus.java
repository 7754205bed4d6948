package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator reports of a cluster. Changes on transitions only; fast numbers are metrics.
 */
@ApiType
public record EPDClusterStatus(
    @JsonPropertyDescription("Generation of the spec that this status speaks of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Conditions by type: Ready, Available, one per pool," + " AutoscalingActive.")
        @Size(max = 16)
        List<Condition> conditions,
    @JsonPropertyDescription("The pools by role.") @Size(max = 8) List<PoolSummary> pools) {
  public EPDClusterStatus {
    conditions = Lists.copyOrEmpty(conditions);
    pools = Lists.copyOrEmpty(pools);
  }
}

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
            "How the stages encode, prefill and decode are split over pools: E+P+D, E+PD, EP+D or"
                + " EPD (all in one).")
        @Nullable Topology topology,
    @JsonPropertyDescription(
            "Conditions by type: Ready, Available, ImageServing, ModelReady, Progressing,"
                + " CapacityLimited, RolloutCoherent, Degraded, one per pool, AutoscalingActive."
                + " docs/troubleshooting.md tells what each reason means and what to do.")
        @Size(max = 16)
        List<Condition> conditions,
    @JsonPropertyDescription("The pools by role.") @Size(max = 8) List<PoolSummary> pools) {
  public EPDClusterStatus {
    conditions = Lists.copyOrEmpty(conditions);
    pools = Lists.copyOrEmpty(pools);
  }
}

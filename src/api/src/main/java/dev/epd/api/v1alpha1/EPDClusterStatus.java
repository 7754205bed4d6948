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
    @JsonPropertyDescription("The pools by role.") @Size(max = 8) List<PoolSummary> pools,
    @JsonPropertyDescription(
            "ControllerRevision that keeps the present spec; the last ten others are there to go back"
                + " to.")
        @Size(max = 64)
        @Nullable String revision) {
  public EPDClusterStatus {
    conditions = Lists.copyOrEmpty(conditions);
    pools = Lists.copyOrEmpty(pools);
  }

  /** A status that says nothing of revisions. */
  public EPDClusterStatus(
      @Nullable Long observedGeneration,
      @Nullable Topology topology,
      List<Condition> conditions,
      List<PoolSummary> pools) {
    this(observedGeneration, topology, conditions, pools, null);
  }

  /** The same with the revision that was kept last. */
  public EPDClusterStatus withRevision(@Nullable String kept) {
    return new EPDClusterStatus(observedGeneration, topology, conditions, pools, kept);
  }
}

package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/** What a node drain or an upgrade of nodes may do to a pool's pods at once. */
@ApiType
public record Disruption(
    @JsonPropertyDescription(
            "Managed: a PodDisruptionBudget lets one pod at a time be evicted, and always one that"
                + " is not ready. None: no budget; bring your own, or all pods may go at once.")
        @Default("Managed")
        @Nullable ManagedBy budget) {

  /** What a pool that says nothing gets. */
  public static final Disruption DEFAULT = new Disruption(ManagedBy.Managed);

  public boolean hasBudget() {
    return budget != ManagedBy.None;
  }
}

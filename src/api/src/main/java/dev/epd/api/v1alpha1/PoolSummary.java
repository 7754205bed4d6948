package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One pool as its cluster reports it. */
@ApiType
public record PoolSummary(
    @JsonPropertyDescription("Role of the pool.") @Required Role role,
    @JsonPropertyDescription("Pods that should be.") @Min(0) int desired,
    @JsonPropertyDescription("Pods that are ready.") @Min(0) int ready,
    @JsonPropertyDescription("ready/desired, for people.") @Size(max = 32) String summary) {

  public static PoolSummary of(Role role, int desired, int ready) {
    return new PoolSummary(role, desired, ready, ready + "/" + desired);
  }
}

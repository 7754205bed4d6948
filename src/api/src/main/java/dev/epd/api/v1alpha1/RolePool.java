package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * One pool of the cluster. {@code replicas} has no default on purpose: its absence says that
 * somebody else owns the number.
 */
@ApiType
@ValidationRule(
    value = "!(has(self.replicas) && has(self.autoscaling))",
    message =
        "set replicas or autoscaling, not both: one writer at a time owns the number of pods (leave"
            + " both out to scale the pool through its /scale)")
public record RolePool(
    @JsonPropertyDescription(
            "Fixed number of pods, owned by this spec. Leave out with autoscaling, or to let"
                + " kubectl scale, an HPA or KEDA own the pool's /scale.")
        @Min(0)
        @Max(1000)
        @Nullable Integer replicas,
    @JsonPropertyDescription("The autoscaler owns the number of pods, within bounds.")
        @Nullable Autoscaling autoscaling,
    @JsonPropertyDescription("GPU, CPU and memory of each pod.") @Nullable PoolResources resources,
    @JsonPropertyDescription("What this pool runs differently: image, flags, environment.")
        @Nullable RuntimeOverride runtime,
    @JsonPropertyDescription("How much one pod takes on at once.") @Nullable Engine engine,
    @JsonPropertyDescription("On which nodes pods of this pool run.") @Nullable Placement placement,
    @JsonPropertyDescription("How pods of this pool are replaced when the spec changes.")
        @Nullable Rollout rollout,
    @JsonPropertyDescription("How pods of this pool come up.") @Nullable Startup startup,
    @JsonPropertyDescription(
            "Partial PodTemplateSpec, merged strategically onto the pods of this pool: labels,"
                + " annotations, further volumes and containers; the runtime"
                + " container is named main. Parts the operator owns are refused.")
        @Nullable ObjectNode template,
    @JsonPropertyDescription("How pods of this pool leave.") @Nullable Drain drain,
    @JsonPropertyDescription("How many pods of this pool a node drain may evict at once.")
        @Nullable Disruption disruption)
    implements PoolOptions {

  /** Who owns the number of pods. */
  public ReplicasOwner owner() {
    if (replicas != null) {
      return ReplicasOwner.Cluster;
    }
    return autoscaling != null ? ReplicasOwner.Autoscaler : ReplicasOwner.External;
  }
}

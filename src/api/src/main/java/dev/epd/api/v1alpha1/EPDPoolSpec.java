package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import org.jspecify.annotations.Nullable;

/** One pool, complete: whoever makes its pods need not read the cluster. */
@ApiType
@ValidationRule(
    value = "has(self.gateway) == (self.role == 'gateway')",
    message = "gateway belongs to the pool of role gateway, and only to it")
@ValidationRule(
    value =
        "has(self.autoscaling) ? self.replicasOwner != 'Cluster' : self.replicasOwner !="
            + " 'Autoscaler'",
    message =
        "autoscaling goes with replicasOwner Autoscaler, or External while its policy does not act;"
            + " Autoscaler needs autoscaling")
public record EPDPoolSpec(
    @JsonPropertyDescription("The EPDCluster that this pool belongs to.")
        @Required
        @ValidationRule(
            value = "self.name == oldSelf.name",
            message = "a pool stays with its cluster: delete the pool, its cluster makes a new one")
        LocalRef clusterRef,
    @JsonPropertyDescription("What the pods of this pool do.")
        @Required
        @ValidationRule(
            value = "self == oldSelf",
            message = "a pool keeps its role: delete the pool, its cluster makes a new one")
        Role role,
    @JsonPropertyDescription(
            "Number of pods. Who may write it says replicasOwner; a change by anybody else is"
                + " undone.")
        @SpecReplicas
        @Default("1")
        @Min(0)
        @Max(1000)
        @Nullable Integer replicas,
    @JsonPropertyDescription(
            "Who may write replicas: Cluster (change it in the EPDCluster), Autoscaler, or External"
                + " (kubectl scale, HPA, KEDA), also while the autoscaler only recommends.")
        @Required
        ReplicasOwner replicasOwner,
    @JsonPropertyDescription("Bounds for the autoscaler, when it decides or recommends.")
        @Nullable Autoscaling autoscaling,
    @JsonPropertyDescription("True: the pool has no pods, whatever replicas says.")
        @Nullable Boolean suspend,
    @JsonPropertyDescription(
            "Most pods that the cluster's GPU budget (scaling.maxGPUs) leaves to this pool. Unset: no"
                + " bound.")
        @Min(0)
        @Max(1_000_000)
        @Nullable Integer maxReplicas,
    @JsonPropertyDescription("The model that is served.") @Required Model model,
    @JsonPropertyDescription("The program that the pods run, overrides merged in.") @Required
        Runtime runtime,
    @JsonPropertyDescription("GPU, CPU and memory of each pod.") @Nullable PoolResources resources,
    @JsonPropertyDescription("How much one pod takes on at once.") @Nullable Engine engine,
    @JsonPropertyDescription("On which nodes pods of this pool run.") @Nullable Placement placement,
    @JsonPropertyDescription("How pods of this pool are replaced when the spec changes.")
        @Nullable Rollout rollout,
    @JsonPropertyDescription("How pods of the whole cluster are replaced when its spec changes.")
        @Nullable ClusterRollout clusterRollout,
    @JsonPropertyDescription("How pods of this pool come up.") @Nullable Startup startup,
    @JsonPropertyDescription(
            "Partial PodTemplateSpec, merged strategically onto the pods; the runtime container is"
                + " named main.")
        @Nullable ObjectNode template,
    @JsonPropertyDescription("How pods of this pool leave.") @Nullable Drain drain,
    @JsonPropertyDescription("How many pods of this pool a node drain may evict at once.")
        @Nullable Disruption disruption,
    @JsonPropertyDescription("What only the gateway's pool has.") @Nullable PoolGateway gateway) {

  public int replicasOrDefault() {
    return replicas == null ? 1 : replicas;
  }

  public boolean suspended() {
    return Boolean.TRUE.equals(suspend);
  }

  /** Pods that should be: {@code replicas}, unless suspended or bounded by the GPU budget. */
  public int podsWanted() {
    if (suspended()) {
      return 0;
    }
    return maxReplicas == null ? replicasOrDefault() : Math.min(maxReplicas, replicasOrDefault());
  }

  public Rollout rolloutOrDefault() {
    return rollout == null ? Rollout.DEFAULT : rollout;
  }

  public ClusterRollout clusterRolloutOrDefault() {
    return clusterRollout == null ? ClusterRollout.DEFAULT : clusterRollout;
  }

  public Startup startupOrDefault() {
    return startup == null ? Startup.DEFAULT : startup;
  }

  public Drain drainOrDefault() {
    return drain == null ? Drain.DEFAULT : drain;
  }

  public Disruption disruptionOrDefault() {
    return disruption == null ? Disruption.DEFAULT : disruption;
  }

  /** The same spec with another number of pods; null leaves the number out. */
  public EPDPoolSpec withReplicas(@Nullable Integer n) {
    return new EPDPoolSpec(
        clusterRef,
        role,
        n,
        replicasOwner,
        autoscaling,
        suspend,
        maxReplicas,
        model,
        runtime,
        resources,
        engine,
        placement,
        rollout,
        clusterRollout,
        startup,
        template,
        drain,
        disruption,
        gateway);
  }

  /**
   * This spec's numbers, owner and ways of replacing, with all that pods are made of from another.
   */
  public EPDPoolSpec withPodsOf(EPDPoolSpec other) {
    return new EPDPoolSpec(
        clusterRef,
        role,
        replicas,
        replicasOwner,
        autoscaling,
        suspend,
        maxReplicas,
        other.model,
        other.runtime,
        other.resources,
        other.engine,
        other.placement,
        rollout,
        clusterRollout,
        other.startup,
        other.template,
        other.drain,
        disruption,
        other.gateway);
  }
}

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
    value = "has(self.autoscaling) == (self.replicasOwner == 'Autoscaler')",
    message = "autoscaling and replicasOwner Autoscaler go together: set both or neither")
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
                + " (kubectl scale, HPA, KEDA).")
        @Required
        ReplicasOwner replicasOwner,
    @JsonPropertyDescription("Bounds for the autoscaler, when it owns replicas.")
        @Nullable Autoscaling autoscaling,
    @JsonPropertyDescription("The model that is served.") @Required Model model,
    @JsonPropertyDescription("The program that the pods run, overrides merged in.") @Required
        Runtime runtime,
    @JsonPropertyDescription("GPU, CPU and memory of each pod.") @Nullable PoolResources resources,
    @JsonPropertyDescription(
            "Partial PodTemplateSpec, merged strategically onto the pods; the runtime container is"
                + " named main.")
        @Nullable ObjectNode template,
    @JsonPropertyDescription("How pods of this pool leave.") @Nullable Drain drain,
    @JsonPropertyDescription("What only the gateway's pool has.") @Nullable PoolGateway gateway) {

  public int replicasOrDefault() {
    return replicas == null ? 1 : replicas;
  }

  public Drain drainOrDefault() {
    return drain == null ? Drain.DEFAULT : drain;
  }

  /** The same spec with another number of pods; null leaves the number out. */
  public EPDPoolSpec withReplicas(@Nullable Integer n) {
    return new EPDPoolSpec(
        clusterRef,
        role,
        n,
        replicasOwner,
        autoscaling,
        model,
        runtime,
        resources,
        template,
        drain,
        gateway);
  }
}

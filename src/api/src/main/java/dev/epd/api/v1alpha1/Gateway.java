package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** The OpenAI endpoint of the cluster. */
@ApiType
public record Gateway(
    @JsonPropertyDescription("Number of gateway pods.") @Default("1") @Min(1) @Max(100)
        @Nullable Integer replicas,
    @JsonPropertyDescription("Port of the gateway's Service; the pods listen on 8000.")
        @Default("80")
        @Min(1)
        @Max(65535)
        @Nullable Integer port,
    @JsonPropertyDescription("Bounds of the image queue, per gateway pod.") @Default("{}")
        @Nullable GatewayQueue queue,
    @JsonPropertyDescription(
            "Secret with the API keys that clients must send, one per line: key or name:key. Unset: no"
                + " key is asked for.")
        @Nullable SecretRef apiKeysSecretRef,
    @JsonPropertyDescription("CPU and memory of each gateway pod.")
        @Nullable PoolResources resources,
    @JsonPropertyDescription("What the gateway runs differently: image, flags, environment.")
        @Nullable RuntimeOverride runtime,
    @JsonPropertyDescription("On which nodes gateway pods run.") @Nullable Placement placement,
    @JsonPropertyDescription("How gateway pods are replaced when the spec changes.")
        @Nullable Rollout rollout,
    @JsonPropertyDescription("How gateway pods come up.") @Nullable Startup startup,
    @JsonPropertyDescription(
            "Partial PodTemplateSpec, merged strategically onto the gateway pods; the runtime"
                + " container is named main. Parts the operator owns are refused.")
        @Nullable ObjectNode template,
    @JsonPropertyDescription("How gateway pods leave.") @Nullable Drain drain,
    @JsonPropertyDescription("How many gateway pods a node drain may evict at once.")
        @Nullable Disruption disruption)
    implements PoolOptions {

  /** What a cluster that says nothing gets. */
  public static final Gateway DEFAULT =
      new Gateway(
          1, 80, GatewayQueue.DEFAULT, null, null, null, null, null, null, null, null, null);

  public int replicasOrDefault() {
    return replicas == null ? 1 : replicas;
  }

  public int portOrDefault() {
    return port == null ? 80 : port;
  }

  public GatewayQueue queueOrDefault() {
    return queue == null ? GatewayQueue.DEFAULT : queue;
  }
}

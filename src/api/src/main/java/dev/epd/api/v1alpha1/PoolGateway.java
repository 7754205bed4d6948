package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What only the gateway's pool has. */
@ApiType
public record PoolGateway(
    @JsonPropertyDescription("The model roles that have a pool: the stages of a request.")
        @Required
        @Size(min = 1, max = 3)
        List<Role> topology,
    @JsonPropertyDescription("Bounds of the image queue, per gateway pod.")
        @Nullable GatewayQueue queue,
    @JsonPropertyDescription("Secret with the API keys that clients must send.")
        @Nullable SecretRef apiKeysSecretRef) {
  public PoolGateway {
    topology = Lists.copyOrEmpty(topology);
  }

  public GatewayQueue queueOrDefault() {
    return queue == null ? GatewayQueue.DEFAULT : queue;
  }
}

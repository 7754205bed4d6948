package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** What every pool of a cluster may say for itself, the gateway's included. */
public sealed interface PoolOptions permits RolePool, Gateway {
  @Nullable PoolResources resources();

  @Nullable RuntimeOverride runtime();

  @Nullable ObjectNode template();

  @Nullable Drain drain();

  @Nullable Placement placement();

  @Nullable Rollout rollout();

  @Nullable Startup startup();

  @Nullable Disruption disruption();
}

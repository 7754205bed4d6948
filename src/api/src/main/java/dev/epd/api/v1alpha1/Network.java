package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/** Who may talk to the cluster's pods, and whom they may talk to. */
@ApiType
public record Network(
    @JsonPropertyDescription(
            "Managed: a NetworkPolicy per pool allows what a request needs and nothing else: clients"
                + " to the gateway, gateway to encoder, prefill and decode, encoder to prefill,"
                + " prefill to decode, metrics from pods of this Kubernetes cluster; with a model from a"
                + " hub also all pods to DNS and port 443. None: no"
                + " policies, as for pods with a sidecar that calls elsewhere.")
        @Default("Managed")
        @Nullable ManagedBy policy) {

  /** What a cluster that says nothing gets. */
  public static final Network DEFAULT = new Network(ManagedBy.Managed);

  public boolean hasPolicies() {
    return policy != ManagedBy.None;
  }
}

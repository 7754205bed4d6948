package dev.epd.planner;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a network that keeps these policies lets through, by the rules of networking.k8s.io/v1: a
 * pod that some policy selects for a direction is closed in that direction but for the union of the
 * rules; both ends must agree.
 */
record Reach(List<NetworkPolicy> policies) {
  /** Something that is no pod, such as a client on the internet. */
  static final Pod OUTSIDE = new Pod("", Map.of());

  record Pod(String namespace, Map<String, String> labels) {}

  boolean tcp(Pod from, Pod to, int port) {
    return allowed(from, to, "TCP", port);
  }

  boolean udp(Pod from, Pod to, int port) {
    return allowed(from, to, "UDP", port);
  }

  private boolean allowed(Pod from, Pod to, String protocol, int port) {
    return leaves(from, to, protocol, port) && enters(from, to, protocol, port);
  }

  private boolean enters(Pod from, Pod to, String protocol, int port) {
    List<NetworkPolicy> on = selecting(to, "Ingress");
    return on.isEmpty()
        || on.stream()
            .flatMap(
                p ->
                    p.getSpec().getIngress().stream()
                        .filter(r -> has(r.getPorts(), protocol, port))
                        .filter(r -> has(p, r.getFrom(), from)))
            .findAny()
            .isPresent();
  }

  private boolean leaves(Pod from, Pod to, String protocol, int port) {
    List<NetworkPolicy> on = selecting(from, "Egress");
    return on.isEmpty()
        || on.stream()
            .flatMap(
                p ->
                    p.getSpec().getEgress().stream()
                        .filter(r -> has(r.getPorts(), protocol, port))
                        .filter(r -> has(p, r.getTo(), to)))
            .findAny()
            .isPresent();
  }

  private List<NetworkPolicy> selecting(Pod pod, String direction) {
    return policies.stream()
        .filter(p -> p.getSpec().getPolicyTypes().contains(direction))
        .filter(p -> p.getMetadata().getNamespace().equals(pod.namespace()))
        .filter(p -> matches(p.getSpec().getPodSelector(), pod.labels()))
        .toList();
  }

  private static boolean has(List<NetworkPolicyPort> ports, String protocol, int port) {
    return ports.isEmpty()
        || ports.stream()
            .anyMatch(
                p ->
                    Objects.equals(p.getProtocol(), protocol)
                        && Objects.equals(p.getPort().getIntVal(), port));
  }

  private static boolean has(NetworkPolicy policy, List<NetworkPolicyPeer> peers, Pod pod) {
    return peers.isEmpty() || peers.stream().anyMatch(peer -> isOf(policy, peer, pod));
  }

  private static boolean isOf(NetworkPolicy policy, NetworkPolicyPeer peer, Pod pod) {
    if (pod.equals(OUTSIDE) || peer.getIpBlock() != null) {
      return false;
    }
    // A selector of namespaces here is always the empty one: every namespace.
    boolean namespace =
        peer.getNamespaceSelector() != null
            || pod.namespace().equals(policy.getMetadata().getNamespace());
    return namespace && matches(peer.getPodSelector(), pod.labels());
  }

  private static boolean matches(@Nullable LabelSelector selector, Map<String, String> labels) {
    return selector == null || labels.entrySet().containsAll(selector.getMatchLabels().entrySet());
  }
}

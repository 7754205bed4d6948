package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who may open a connection to whom, one policy per role, both directions closed by default:
 *
 * <pre>
 *   anybody ──8000──▶ gateway ──7070──▶ encoder, prefill, decode
 *                     encoder ──7071──▶ prefill ──7071──▶ decode
 *   pods of this Kubernetes cluster ──9090──▶ every role (metrics: operator, Prometheus)
 *   gateway ──▶ DNS, API server (it watches the cluster's pods)
 *   every role ──443──▶ DNS, anybody (only with a model from a hub, and the port of HF_ENDPOINT)
 * </pre>
 *
 * <p>The kubelet's probes need no rule: what comes from a pod's own node is always let in
 * (Kubernetes NetworkPolicy).
 */
final class NetworkPolicies {
  /** The second is where OpenShift's DNS pods listen, behind their Service. */
  private static final int[] DNS = {53, 5353};

  private NetworkPolicies() {}

  /**
   * One for each role of the spec and each that is there as long as it stays; none where the spec
   * wants none.
   *
   * @param pools those that there are: what runs may reach what it reached, until it is told anew
   * @param held roles whose pods do not come or go for now
   * @param apiServer where gateways reach the API server
   */
  static List<NetworkPolicy> of(
      EPDCluster cluster, Map<Role, EPDPool> pools, Set<Role> held, ApiServerPorts apiServer) {
    if (!cluster.getSpec().networkOrDefault().hasPolicies()) {
      return List.of();
    }
    Set<Role> roles = EnumSet.copyOf(cluster.getSpec().roles());
    roles.addAll(held);
    return roles.stream()
        .map(role -> of(cluster, role, roles, hubPorts(cluster, role, pools.get(role)), apiServer))
        .toList();
  }

  private static SortedSet<Integer> hubPorts(
      EPDCluster cluster, Role role, @Nullable EPDPool pool) {
    SortedSet<Integer> ports = new TreeSet<>();
    if (cluster.getSpec().roles().contains(role)) {
      ports.addAll(ModelFetch.ports(cluster.getSpec().model(), PoolSpecs.runtimeOf(cluster, role)));
    }
    if (pool != null) {
      ports.addAll(ModelFetch.ports(pool.getSpec().model(), pool.getSpec().runtime()));
    }
    return ports;
  }

  /** Policies of this cluster that no role wants any more. */
  static List<NetworkPolicy> obsolete(ClusterObservation seen, List<NetworkPolicy> wanted) {
    List<String> names = wanted.stream().map(p -> p.getMetadata().getName()).toList();
    return seen.networkPolicies().stream()
        .filter(p -> Owners.controls(seen.cluster(), p.getMetadata()))
        .filter(p -> !names.contains(p.getMetadata().getName()))
        .toList();
  }

  /** Strangers' policies that bear a wanted name. */
  static Stream<ObjectMeta> taken(ClusterObservation seen, List<NetworkPolicy> wanted) {
    List<String> names = wanted.stream().map(p -> p.getMetadata().getName()).toList();
    return seen.networkPolicies().stream()
        .map(NetworkPolicy::getMetadata)
        .filter(m -> names.contains(m.getName()) && !Owners.controls(seen.cluster(), m));
  }

  static boolean isTaken(ClusterObservation seen, NetworkPolicy wanted) {
    return taken(seen, List.of(wanted)).findAny().isPresent();
  }

  private static NetworkPolicy of(
      EPDCluster cluster,
      Role role,
      Set<Role> roles,
      SortedSet<Integer> hub,
      ApiServerPorts apiServer) {
    String name = cluster.getMetadata().getName();
    return new NetworkPolicyBuilder()
        .withMetadata(
            ClusterPlanner.meta(cluster, Names.pool(name, role), Labels.ofPool(name, role)))
        .withNewSpec()
        .withPodSelector(podsOf(name, role))
        .withPolicyTypes("Ingress", "Egress")
        .withIngress(ingress(name, role, roles))
        .withEgress(egress(name, role, roles, hub, apiServer))
        .endSpec()
        .build();
  }

  private static List<NetworkPolicyIngressRule> ingress(String name, Role role, Set<Role> roles) {
    List<NetworkPolicyIngressRule> rules = new ArrayList<>();
    if (role == Role.GATEWAY) {
      rules.add(new NetworkPolicyIngressRuleBuilder().withPorts(tcp(RuntimePorts.HTTP)).build());
    } else {
      rules.add(from(List.of(pods(name, Role.GATEWAY)), RuntimePorts.CONTROL));
      List<NetworkPolicyPeer> senders =
          roles.stream()
              .filter(other -> receivers(other).contains(role))
              .map(other -> pods(name, other))
              .toList();
      if (!senders.isEmpty()) {
        rules.add(from(senders, RuntimePorts.TRANSFER));
      }
    }
    NetworkPolicyPeer anyPod =
        new NetworkPolicyPeerBuilder().withNewNamespaceSelector().endNamespaceSelector().build();
    rules.add(from(List.of(anyPod), RuntimePorts.METRICS));
    return rules;
  }

  private static NetworkPolicyEgressRule toAnybody(Collection<Integer> ports) {
    return new NetworkPolicyEgressRuleBuilder()
        .withPorts(ports.stream().map(NetworkPolicies::tcp).toList())
        .build();
  }

  private static List<NetworkPolicyEgressRule> egress(
      String name, Role role, Set<Role> roles, SortedSet<Integer> hub, ApiServerPorts apiServer) {
    List<NetworkPolicyEgressRule> rules = new ArrayList<>();
    if (role == Role.GATEWAY) {
      List<NetworkPolicyPeer> everyStage =
          roles.stream().filter(r -> r != Role.GATEWAY).map(r -> pods(name, r)).toList();
      rules.add(to(everyStage, RuntimePorts.CONTROL));
    }
    if (role == Role.GATEWAY || !hub.isEmpty()) {
      rules.add(
          new NetworkPolicyEgressRuleBuilder()
              .withPorts(
                  IntStream.of(DNS)
                      .boxed()
                      .flatMap(p -> Stream.of(port("UDP", p), tcp(p)))
                      .toList())
              .build());
    }
    if (role == Role.GATEWAY) {
      rules.add(toAnybody(apiServer.numbers()));
    }
    if (!hub.isEmpty()) {
      rules.add(toAnybody(hub));
    }
    List<NetworkPolicyPeer> receivers =
        receivers(role).stream().filter(roles::contains).map(r -> pods(name, r)).toList();
    if (!receivers.isEmpty()) {
      rules.add(to(receivers, RuntimePorts.TRANSFER));
    }
    return rules;
  }

  /** To whom a role pushes tensors. */
  private static List<Role> receivers(Role role) {
    return switch (role) {
      case ENCODER -> List.of(Role.PREFILL);
      case PREFILL -> List.of(Role.DECODE);
      case GATEWAY, DECODE -> List.of();
    };
  }

  private static NetworkPolicyIngressRule from(List<NetworkPolicyPeer> peers, int port) {
    return new NetworkPolicyIngressRuleBuilder().withFrom(peers).withPorts(tcp(port)).build();
  }

  private static NetworkPolicyEgressRule to(List<NetworkPolicyPeer> peers, int port) {
    return new NetworkPolicyEgressRuleBuilder().withTo(peers).withPorts(tcp(port)).build();
  }

  private static NetworkPolicyPeer pods(String cluster, Role role) {
    return new NetworkPolicyPeerBuilder().withPodSelector(podsOf(cluster, role)).build();
  }

  private static LabelSelector podsOf(String cluster, Role role) {
    return new LabelSelectorBuilder().withMatchLabels(Labels.roleSelector(cluster, role)).build();
  }

  private static NetworkPolicyPort tcp(Integer number) {
    return port("TCP", number);
  }

  private static NetworkPolicyPort port(String protocol, int number) {
    return new NetworkPolicyPortBuilder()
        .withProtocol(protocol)
        .withPort(new IntOrString(number))
        .build();
  }
}

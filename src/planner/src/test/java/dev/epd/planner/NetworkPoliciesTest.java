package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who may reach whom, computed from the policies' labels as a network would. */
class NetworkPoliciesTest {
  private static final Reach.Pod PROMETHEUS = new Reach.Pod("monitoring", Map.of("app", "prom"));
  private static final Reach.Pod NEIGHBOUR = new Reach.Pod("n", Map.of("app", "web"));
  private static final int[] PORTS = {53, 5353, 443, 6443, 7070, 7071, 8000, 9090, 5432};

  @Test
  void threePools() {
    assertThat(reaches("prefill: {}", "encoder: {}", "decode: {}"))
        .containsExactlyInAnyOrder(
            "gateway>encoder:7070",
            "gateway>prefill:7070",
            "gateway>decode:7070",
            "encoder>prefill:7071",
            "prefill>decode:7071");
  }

  @Test
  void encodersBesidePrefillThatWrites() {
    assertThat(reaches("prefill: {}", "encoder: {}"))
        .containsExactlyInAnyOrder(
            "gateway>encoder:7070", "gateway>prefill:7070", "encoder>prefill:7071");
  }

  @Test
  void decodersBesidePrefillThatEncodes() {
    assertThat(reaches("prefill: {}", "decode: {}"))
        .containsExactlyInAnyOrder(
            "gateway>prefill:7070", "gateway>decode:7070", "prefill>decode:7071");
  }

  @Test
  void allInOne() {
    assertThat(reaches("prefill: {}")).containsExactly("gateway>prefill:7070");
  }

  @Test
  void strangersReachTheGatewayAndEverybodysMetrics() {
    Reach reach = reach(Fixtures.cluster("prefill: {}", "encoder: {}", "decode: {}"));
    for (Reach.Pod stranger : List.of(PROMETHEUS, NEIGHBOUR)) {
      for (Role role : Role.values()) {
        for (int port : PORTS) {
          boolean wanted = port == 9090 || (role == Role.GATEWAY && port == 8000);
          assertThat(reach.tcp(stranger, pod("c", role), port))
              .as("%s to %s on %d", stranger, role, port)
              .isEqualTo(wanted);
        }
      }
    }
    assertThat(reach.tcp(Reach.OUTSIDE, pod("c", Role.GATEWAY), 8000)).isTrue();
    assertThat(reach.tcp(Reach.OUTSIDE, pod("c", Role.DECODE), 9090)).isFalse();
  }

  @Test
  void onlyTheGatewayGoesOut() {
    Reach reach = reach(Fixtures.cluster("prefill: {}", "encoder: {}", "decode: {}"));
    Reach.Pod dns = new Reach.Pod("kube-system", Map.of("k8s-app", "kube-dns"));
    Reach.Pod gateway = pod("c", Role.GATEWAY);
    assertThat(reach.tcp(gateway, dns, 53)).isTrue();
    assertThat(reach.udp(gateway, dns, 53)).isTrue();
    assertThat(reach.tcp(gateway, dns, 5353) && reach.udp(gateway, dns, 5353)).isTrue();
    assertThat(reach.tcp(gateway, Reach.OUTSIDE, 6443)).isTrue();
    assertThat(reach.tcp(gateway, NEIGHBOUR, 5432)).isFalse();
    for (Role role : List.of(Role.ENCODER, Role.PREFILL, Role.DECODE)) {
      for (Reach.Pod there : List.of(Reach.OUTSIDE, dns, NEIGHBOUR)) {
        for (int port : PORTS) {
          assertThat(reach.tcp(pod("c", role), there, port)).isFalse();
          assertThat(reach.udp(pod("c", role), there, port)).isFalse();
        }
      }
    }
  }

  @Test
  void theApiServerMayListenElsewhere() {
    ClusterObservation seen = Fixtures.seen(Fixtures.cluster("prefill: {}"));
    ApiServerPorts ports = new ApiServerPorts(List.of(7443));
    Reach reach = new Reach(ClusterPlanner.plan(seen, ports).networkPolicies());
    assertThat(reach.tcp(pod("c", Role.GATEWAY), Reach.OUTSIDE, 7443)).isTrue();
    assertThat(reach.tcp(pod("c", Role.GATEWAY), Reach.OUTSIDE, 6443)).isFalse();
    assertThat(reach.tcp(pod("c", Role.PREFILL), Reach.OUTSIDE, 7443)).isFalse();
  }

  @Test
  void anotherClusterOfTheNamespaceIsAStranger() {
    Reach reach = reach(Fixtures.cluster("prefill: {}", "encoder: {}", "decode: {}"));
    for (Role from : Role.values()) {
      for (Role to : Role.values()) {
        assertThat(reach.tcp(pod("other", from), pod("c", to), 7070)).isFalse();
        assertThat(reach.tcp(pod("other", from), pod("c", to), 7071)).isFalse();
      }
    }
    Reach.Pod twin = new Reach.Pod("elsewhere", pod("c", Role.GATEWAY).labels());
    assertThat(reach.tcp(twin, pod("c", Role.DECODE), 7070)).isFalse();
  }

  @Test
  void policiesGoWithTheirRoleAndWhenTheSpecWantsNone() {
    EPDCluster before = Fixtures.cluster("prefill: {}", "encoder: {}");
    List<NetworkPolicy> live = ClusterPlanner.plan(Fixtures.seen(before)).networkPolicies();
    assertThat(live)
        .extracting(p -> p.getMetadata().getName())
        .containsExactly("c-gateway", "c-encoder", "c-prefill");

    ClusterPlan fewer = plan(Fixtures.cluster("prefill: {}"), live);
    assertThat(fewer.networkPoliciesToDelete())
        .extracting(p -> p.getMetadata().getName())
        .containsExactly("c-encoder");

    ClusterPlan none = plan(Fixtures.cluster("prefill: {}", "network: {policy: None}"), live);
    assertThat(none.networkPolicies()).isEmpty();
    assertThat(none.networkPoliciesToDelete()).isEqualTo(live);
  }

  @Test
  void aStrangersPolicyIsNeitherTakenOverNorDeleted() {
    EPDCluster cluster = Fixtures.cluster("prefill: {}");
    NetworkPolicy stranger =
        Serialization.clone(
            ClusterPlanner.plan(Fixtures.seen(cluster)).networkPolicies().getFirst());
    stranger.getMetadata().setOwnerReferences(List.of());

    ClusterPlan plan = plan(cluster, List.of(stranger));
    assertThat(plan.networkPolicies())
        .extracting(p -> p.getMetadata().getName())
        .containsExactly("c-prefill");
    assertThat(plan.problems()).extracting(Problem::reason).containsExactly(Reason.NameConflict);
    assertThat(
            plan(Fixtures.cluster("prefill: {}", "network: {policy: None}"), List.of(stranger))
                .networkPoliciesToDelete())
        .isEmpty();
  }

  private static ClusterPlan plan(EPDCluster cluster, List<NetworkPolicy> live) {
    return ClusterPlanner.plan(
        new ClusterObservation(cluster, List.of(), Set.of(), ClaimState.BOUND, null, live, null));
  }

  /** Every connection between two pods of the cluster that is let through, metrics aside. */
  private static Set<String> reaches(String... spec) {
    EPDCluster cluster = Fixtures.cluster(spec);
    Reach reach = reach(cluster);
    Set<String> found = new TreeSet<>();
    for (Role from : cluster.getSpec().roles()) {
      for (Role to : cluster.getSpec().roles()) {
        for (int port : PORTS) {
          if (reach.tcp(pod("c", from), pod("c", to), port)) {
            found.add(from.value() + ">" + to.value() + ":" + port);
          }
        }
      }
    }
    return found;
  }

  private static Reach reach(EPDCluster cluster) {
    return new Reach(ClusterPlanner.plan(Fixtures.seen(cluster)).networkPolicies());
  }

  private static Reach.Pod pod(String cluster, Role role) {
    return new Reach.Pod("n", Labels.ofPods(cluster, role, "00000000"));
  }
}

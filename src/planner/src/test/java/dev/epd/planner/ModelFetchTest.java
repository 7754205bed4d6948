package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A model from a hub, and what else tells one set of pods from another. */
class ModelFetchTest {
  private static final String HUB =
      "{huggingFace: {repo: a/b, revision: v1, sizeLimit: 20Gi, tokenSecretRef: {name: hub}}}";

  @Test
  void everyPodFetchesBeforeItStarts() {
    PodSpec pod = pod(cluster("source: " + HUB, "image: \"r:1\""));

    assertThat(pod.getInitContainers()).hasSize(1);
    Container fetch = pod.getInitContainers().getFirst();
    assertThat(fetch.getImage()).isEqualTo("r:1");
    assertThat(fetch.getArgs())
        .containsExactly("fetch", "--repo=a/b", "--revision=v1", "--into=/models");
    assertThat(fetch.getEnv())
        .extracting(EnvVar::getName, e -> e.getValueFrom().getSecretKeyRef().getKey())
        .containsExactly(org.assertj.core.groups.Tuple.tuple("HF_TOKEN", "token"));
    assertThat(fetch.getSecurityContext()).isEqualTo(MainContainer.confined());
    assertThat(fetch.getVolumeMounts())
        .filteredOn(m -> m.getName().equals("models"))
        .singleElement()
        .satisfies(m -> assertThat(m.getReadOnly()).isNull());
    Container main = pod.getContainers().getFirst();
    assertThat(main.getVolumeMounts())
        .filteredOn(m -> m.getName().equals("models"))
        .singleElement()
        .satisfies(m -> assertThat(m.getReadOnly()).isTrue());
    // The pod as a whole asks for no more than its program does.
    assertThat(fetch.getResources().getRequests()).isEqualTo(main.getResources().getRequests());
    assertThat(pod.getVolumes())
        .filteredOn(v -> v.getName().equals("models"))
        .singleElement()
        .satisfies(v -> assertThat(v.getEmptyDir().getSizeLimit()).isEqualTo(new Quantity("20Gi")));
  }

  @Test
  void theFetcherGetsTheProgramsEnvironmentAndNoDevices() {
    PodSpec pod =
        pod(
            cluster(
                "source: " + HUB,
                "image: \"r:1\"\n    env: [{name: HF_ENDPOINT, value: \"http://hub:8080\"}]"));
    Container fetch = pod.getInitContainers().getFirst();
    assertThat(fetch.getEnv()).extracting(EnvVar::getName).contains("HF_ENDPOINT");
    assertThat(fetch.getResources().getLimits()).doesNotContainKey("nvidia.com/gpu");
    assertThat(pod.getContainers().getFirst().getResources().getLimits())
        .containsKey("nvidia.com/gpu");
  }

  @Test
  void aModelThatIsThereNeedsNoFetcher() {
    assertThat(
            pod(cluster("source: {pvc: {claimName: models}}", "image: \"r:1\""))
                .getInitContainers())
        .isEmpty();
  }

  @Test
  void allPodsMayReachTheHubAndOnlyThen() {
    Reach.Pod dns = new Reach.Pod("kube-system", Map.of("k8s-app", "kube-dns"));
    Reach hub =
        reach(
            cluster(
                "source: " + HUB,
                "image: \"r:1\"\n    env: [{name: HF_ENDPOINT, value: \"http://hub:8080\"}]"));
    for (Role role : List.of(Role.GATEWAY, Role.PREFILL)) {
      Reach.Pod from = new Reach.Pod("n", Labels.ofPods("c", role, "00000000"));
      assertThat(hub.tcp(from, Reach.OUTSIDE, 443)).isTrue();
      assertThat(hub.tcp(from, Reach.OUTSIDE, 8080)).isTrue();
      assertThat(hub.tcp(from, Reach.OUTSIDE, 5432)).isFalse();
      assertThat(hub.udp(from, dns, 53)).isTrue();
    }
    Reach v6 =
        reach(
            cluster(
                "source: " + HUB,
                "image: \"r:1\"\n    env: [{name: HF_ENDPOINT, value: \"http://[fd00::5]:8081/a\"}]"));
    assertThat(
            v6.tcp(
                new Reach.Pod("n", Labels.ofPods("c", Role.PREFILL, "00000000")),
                Reach.OUTSIDE,
                8081))
        .isTrue();
    Reach plain = reach(cluster("source: {pvc: {claimName: models}}", "image: \"r:1\""));
    Reach.Pod prefill = new Reach.Pod("n", Labels.ofPods("c", Role.PREFILL, "00000000"));
    assertThat(plain.tcp(prefill, Reach.OUTSIDE, 443)).isFalse();
  }

  @Test
  void whatMustAgreeOnTheWireMakesAnotherKey() {
    String plain = "source: {pvc: {claimName: models}}";
    List<String> keys =
        List.of(
            key(plain, "image: \"r:1\""),
            key(plain, "image: \"r:1\"\n    contractVersion: \"2\""),
            key(plain + ", dtype: bfloat16", "image: \"r:1\""),
            key("source: " + HUB, "image: \"r:1\""),
            key("source: " + HUB.replace("v1", "v2"), "image: \"r:1\""),
            key("source: " + HUB.replace("a/b", "a/c"), "image: \"r:1\""));
    assertThat(keys).doesNotHaveDuplicates();
    // Where it comes from counts, not how.
    assertThat(key("source: " + HUB.replace("20Gi", "30Gi"), "image: \"r:2\""))
        .isEqualTo(keys.get(3));
    // The contract that this operator's own image speaks is the one that is meant by default.
    assertThat(
            key(
                plain,
                "image: \"r:1\"\n    contractVersion: \""
                    + CompatibilityKey.CONTRACT_VERSION
                    + "\""))
        .isEqualTo(keys.getFirst());
  }

  @Test
  void theTypeIsAFlagOfAllThatCompute() {
    EPDCluster cluster =
        cluster("source: {pvc: {claimName: models}}, dtype: bfloat16", "image: \"r:1\"");
    assertThat(Fixtures.deployment(pool(cluster, Role.PREFILL)))
        .satisfies(
            d ->
                assertThat(d.getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs())
                    .contains("--dtype=bfloat16"));
    assertThat(
            Fixtures.deployment(pool(cluster, Role.GATEWAY))
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getArgs())
        .noneMatch(a -> a.startsWith("--dtype"));
  }

  private static String key(String model, String runtime) {
    return CompatibilityKey.of(pool(cluster(model, runtime), Role.PREFILL).getSpec());
  }

  private static PodSpec pod(EPDCluster cluster) {
    return Fixtures.deployment(pool(cluster, Role.PREFILL)).getSpec().getTemplate().getSpec();
  }

  private static EPDPool pool(EPDCluster cluster, Role role) {
    return Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), role).desired();
  }

  private static Reach reach(EPDCluster cluster) {
    return new Reach(ClusterPlanner.plan(Fixtures.seen(cluster)).networkPolicies());
  }

  private static EPDCluster cluster(String model, String runtime) {
    return Serialization.unmarshal(
        """
        apiVersion: epd.dev/v1alpha1
        kind: EPDCluster
        metadata: {name: c, namespace: n, uid: cluster-uid, generation: 1}
        spec:
          model: {name: m, %s}
          runtime:
            %s
          prefill: {resources: {gpu: {count: 1}}}
        """
            .formatted(model, runtime),
        EPDCluster.class);
  }
}

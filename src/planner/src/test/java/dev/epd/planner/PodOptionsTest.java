package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every option of a pool has its effect on the Deployment. */
class PodOptionsTest {
  @Test
  void placement() {
    PodSpec pod =
        pod(
            Role.PREFILL,
            """
            prefill:
                replicas: 1
                placement:
                  nodeSelector: {gpu: a100}
                  tolerations: [{key: spot, value: "true", effect: NoExecute, tolerationSeconds: 30}]
                  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]}}
                  spread: Zone
            """);
    assertThat(pod.getNodeSelector()).containsEntry("gpu", "a100");
    assertThat(pod.getTolerations())
        .singleElement()
        .satisfies(
            t -> {
              assertThat(t.getKey()).isEqualTo("spot");
              assertThat(t.getEffect()).isEqualTo("NoExecute");
              assertThat(t.getTolerationSeconds()).isEqualTo(30);
            });
    assertThat(
            pod.getAffinity()
                .getPodAntiAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getFirst()
                .getTopologyKey())
        .isEqualTo("zone");
    assertThat(pod.getTopologySpreadConstraints())
        .singleElement()
        .satisfies(
            c -> {
              assertThat(c.getTopologyKey()).isEqualTo("topology.kubernetes.io/zone");
              assertThat(c.getWhenUnsatisfiable()).isEqualTo("ScheduleAnyway");
              assertThat(c.getLabelSelector().getMatchLabels())
                  .isEqualTo(Labels.roleSelector("c", Role.PREFILL));
            });
  }

  @Test
  void anAffinityThatIsNoneIsAProblemWithItsWords() {
    EPDPool pool =
        pool(Role.PREFILL, "prefill: {placement: {affinity: {nodeAffinity: everywhere}}}");
    assertThat(
            PoolPlanner.plan(
                    new PoolObservation(pool, List.of(), List.of(), Optional.empty(), List.of()))
                .problem())
        .hasValueSatisfying(
            p ->
                assertThat(p.message())
                    .contains("not a pod template at spec.affinity.nodeAffinity"));
  }

  @Test
  void rolloutAndStartup() {
    Deployment deployment =
        deployment(
            Role.PREFILL,
            "prefill: {rollout: {maxSurge: 0, maxUnavailable: 50%}, startup: {timeout: 1h}}");
    var rolling = deployment.getSpec().getStrategy().getRollingUpdate();
    assertThat(rolling.getMaxSurge().getIntVal()).isZero();
    assertThat(rolling.getMaxUnavailable().getStrVal()).isEqualTo("50%");
    var probe = main(deployment).getStartupProbe();
    assertThat(probe.getPeriodSeconds() * probe.getFailureThreshold()).isEqualTo(3600);
    assertThat(deployment.getSpec().getProgressDeadlineSeconds()).isEqualTo(3900);
  }

  @Test
  void aMigSliceIsAResourceOfItsOwn() {
    Container main =
        main(deployment(Role.PREFILL, "prefill: {resources: {gpu: {migProfile: 1g.10gb}}}"));
    assertThat(main.getResources().getLimits())
        .containsEntry("nvidia.com/mig-1g.10gb", new Quantity("1"))
        .doesNotContainKey("nvidia.com/gpu");
  }

  @Test
  void claimsAreOfThePodAndItsContainer() {
    PodSpec pod =
        pod(
            Role.PREFILL,
            "prefill: {resources: {claims: [{name: gpu, resourceClaimTemplateName: one}]}}");
    assertThat(pod.getResourceClaims())
        .singleElement()
        .satisfies(c -> assertThat(c.getResourceClaimTemplateName()).isEqualTo("one"));
    assertThat(pod.getContainers().getFirst().getResources().getClaims())
        .extracting(c -> c.getName())
        .containsExactly("gpu");
    // Not a CPU pod: its compute threads are the library's business.
    assertThat(pod.getContainers().getFirst().getEnv())
        .extracting(e -> e.getName())
        .doesNotContain("OMP_WAIT_POLICY");
  }

  /**
   * Qwen2.5-VL-7B: 8.3 thousand million numbers of two bytes, 1.3 GiB of them its picture model.
   */
  @Test
  void memoryFitsTheModelWhoseSizeIsSaid() {
    String encoder = "encoder: {engine: {cacheBytes: 1Gi}}";
    assertThat(memoryOfLarge(Role.GATEWAY, "prefill: {}")).isEqualTo(new Quantity("512Mi"));
    assertThat(memoryOfLarge(Role.ENCODER, "prefill: {}\n  " + encoder))
        .isEqualTo(new Quantity("6912Mi"));
    assertThat(memoryOfLarge(Role.PREFILL, "prefill: {}")).isEqualTo(new Quantity("20Gi"));
    assertThat(memoryOfLarge(Role.DECODE, "prefill: {}\n  decode: {}"))
        .isEqualTo(new Quantity("20Gi"));
    assertThat(memoryOfLarge(Role.PREFILL, "prefill: {resources: {requests: {memory: 1Gi}}}"))
        .isEqualTo(new Quantity("1Gi"));
  }

  @Test
  void memoryIsSetAsideByRoleUnlessTheSpecSays() {
    assertThat(memory(Role.GATEWAY, "prefill: {}")).isEqualTo(new Quantity("512Mi"));
    assertThat(memory(Role.ENCODER, "prefill: {}\n  encoder: {}")).isEqualTo(new Quantity("2Gi"));
    assertThat(memory(Role.PREFILL, "prefill: {}")).isEqualTo(new Quantity("4Gi"));
    assertThat(memory(Role.PREFILL, "prefill: {resources: {requests: {memory: 1Gi}}}"))
        .isEqualTo(new Quantity("1Gi"));
    assertThat(memory(Role.PREFILL, "prefill: {resources: {limits: {memory: 1Gi}}}")).isNull();
  }

  @Test
  void aSharedGpuIsAResourceOfItsOwn() {
    assertThat(limits("prefill: {resources: {gpu: {sharing: Shared}}}"))
        .containsEntry("nvidia.com/gpu.shared", new Quantity("1"))
        .doesNotContainKey("nvidia.com/gpu");
    assertThat(limits("prefill: {resources: {gpu: {migProfile: 1g.10gb, sharing: Shared}}}"))
        .containsEntry("nvidia.com/mig-1g.10gb.shared", new Quantity("1"));
    assertThat(limits("prefill: {resources: {gpu: {sharing: Exclusive}}}"))
        .containsEntry("nvidia.com/gpu", new Quantity("1"));
  }

  private static java.util.Map<String, Quantity> limits(String spec) {
    return main(deployment(Role.PREFILL, spec)).getResources().getLimits();
  }

  @Test
  void stepsAndCacheAreFlags() {
    assertThat(
            main(deployment(
                    Role.PREFILL, "prefill: {engine: {maxTokens: 512, cacheBytes: 1536Mi}}"))
                .getArgs())
        .contains("--chunk-tokens=512", "--cache-bytes=1610612736");
  }

  @Test
  void engineSizesAreFlags() {
    assertThat(main(deployment(Role.PREFILL, "prefill: {engine: {maxSequences: 8}}")).getArgs())
        .contains("--max-slots=8");
    assertThat(
            main(deployment(Role.ENCODER, "prefill: {}\n  encoder: {engine: {maxImages: 4}}"))
                .getArgs())
        .contains("--max-images=4");
    assertThat(main(deployment(Role.PREFILL, "prefill: {}")).getArgs())
        .noneMatch(a -> a.startsWith("--max-"));
  }

  @Test
  void aModelInAnImageIsAVolumeOfItsOwn() {
    EPDCluster cluster = Fixtures.cluster("prefill: {}");
    EPDCluster other =
        Serialization.unmarshal(
            """
            apiVersion: epd.dev/v1alpha1
            kind: EPDCluster
            metadata: {name: c, namespace: n, uid: cluster-uid}
            spec:
              model: {name: m, source: {image: {reference: "r/m:1", pullPolicy: Always, path: shapes}}}
              runtime: {image: "r:1"}
              prefill: {}
            """,
            EPDCluster.class);
    Deployment deployment = Fixtures.deployment(pool(Role.PREFILL, other));
    Volume models =
        deployment.getSpec().getTemplate().getSpec().getVolumes().stream()
            .filter(v -> v.getName().equals("models"))
            .findFirst()
            .orElseThrow();
    assertThat(models.getImage().getReference()).isEqualTo("r/m:1");
    assertThat(models.getImage().getPullPolicy()).isEqualTo("Always");
    assertThat(main(deployment).getArgs()).contains("--model-dir=/models/shapes");
    assertThat(CompatibilityKey.of(other.getSpec().model(), null))
        .isNotEqualTo(CompatibilityKey.of(cluster.getSpec().model(), null));
  }

  private static @Nullable Quantity memory(Role role, String spec) {
    return main(deployment(role, spec)).getResources().getRequests().get("memory");
  }

  /** The same of a cluster whose model takes 16 GiB. */
  private static @Nullable Quantity memoryOfLarge(Role role, String spec) {
    String yaml = Serialization.asYaml(Fixtures.cluster(spec));
    assertThat(yaml).contains("  model:\n");
    EPDCluster large =
        Serialization.unmarshal(
            yaml.replace("  model:\n", "  model:\n    size: 16Gi\n"), EPDCluster.class);
    return main(Fixtures.deployment(pool(role, large))).getResources().getRequests().get("memory");
  }

  private static Container main(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();
  }

  private static PodSpec pod(Role role, String spec) {
    return deployment(role, spec).getSpec().getTemplate().getSpec();
  }

  private static Deployment deployment(Role role, String spec) {
    return Fixtures.deployment(pool(role, spec));
  }

  private static EPDPool pool(Role role, String spec) {
    return pool(role, Fixtures.cluster(spec));
  }

  private static EPDPool pool(Role role, EPDCluster cluster) {
    EPDPool pool = Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), role).desired();
    pool.getMetadata().setUid("pool-uid");
    return pool;
  }
}

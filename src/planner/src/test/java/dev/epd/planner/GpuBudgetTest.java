package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class GpuBudgetTest {
  private static final String GPU = "resources: {gpu: {count: 1}}";

  @Test
  void withoutABudgetThereIsNoBound() {
    EPDPoolSpec decode = spec(cluster("", 4, "decode: {replicas: 2, " + GPU + "}"), Role.DECODE);
    assertThat(decode.maxReplicas()).isNull();
  }

  @Test
  void theAutoscalerGetsWhatFixedPoolsLeave() {
    EPDCluster cluster =
        cluster(
            "scaling: {maxGPUs: 6}",
            1,
            "decode: {replicas: 2, " + GPU + "}",
            "encoder: {autoscaling: {minReplicas: 0, maxReplicas: 8}, " + GPU + "}");
    EPDPoolSpec encoder = spec(cluster, Role.ENCODER);
    assertThat(encoder.maxReplicas()).isEqualTo(3);
    assertThat(encoder.autoscaling()).isEqualTo(new Autoscaling(0, 3, null));
    // What the autoscaler may take at any moment is no room for a rollout.
    assertThat(surge(cluster, Role.DECODE)).isZero();
  }

  @Test
  void decodeComesBeforeEncoder() {
    EPDCluster cluster =
        cluster("scaling: {maxGPUs: 6}", 1, "decode: {" + GPU + "}", "encoder: {" + GPU + "}");
    EPDPool decode = pool(cluster, Role.DECODE, 9);
    EPDPool encoder = pool(cluster, Role.ENCODER, 9);

    assertThat(spec(cluster, Role.DECODE, decode, encoder).podsWanted()).isEqualTo(4);
    assertThat(spec(cluster, Role.ENCODER, decode, encoder).maxReplicas()).isEqualTo(1);
  }

  @Test
  void aPoolThatSleepsCanWake() {
    EPDCluster cluster =
        cluster(
            "scaling: {maxGPUs: 6}",
            1,
            "decode: {autoscaling: {minReplicas: 1, maxReplicas: 40}, " + GPU + "}",
            "encoder: {autoscaling: {minReplicas: 0, maxReplicas: 8}, " + GPU + "}");
    assertThat(spec(cluster, Role.ENCODER).autoscaling()).isEqualTo(new Autoscaling(0, 1, null));
    assertThat(spec(cluster, Role.DECODE).maxReplicas()).isEqualTo(4);
  }

  /** Under a policy that does not act people scale, and its maximum is none of theirs. */
  @Test
  void whoScalesInTheAutoscalersPlaceLeavesTheOthersLess() {
    EPDCluster cluster =
        cluster(
            "scaling: {maxGPUs: 9}",
            1,
            "decode: {autoscaling: {minReplicas: 1, maxReplicas: 2, policyRef: {name: p}}, "
                + GPU
                + "}",
            "encoder: {autoscaling: {minReplicas: 1, maxReplicas: 6}, " + GPU + "}");
    String scaled = Serialization.asYaml(pool(cluster, Role.DECODE, 7));
    EPDPool decode =
        Serialization.unmarshal(
            scaled.replace("\"" + ReplicasOwner.Autoscaler + "\"", "External"), EPDPool.class);
    assertThat(decode.getSpec().replicasOwner()).isEqualTo(ReplicasOwner.External);
    assertThat(spec(cluster, Role.ENCODER, decode).maxReplicas()).isEqualTo(1);
  }

  @Test
  void aRolloutAddsNoPodBeyondTheBudget() {
    EPDCluster tight = cluster("scaling: {maxGPUs: 3}", 1, "decode: {replicas: 2, " + GPU + "}");
    var strategy = deployment(tight, Role.DECODE).getSpec().getStrategy().getRollingUpdate();
    assertThat(strategy.getMaxSurge().getIntVal()).isZero();
    assertThat(strategy.getMaxUnavailable().getIntVal()).isEqualTo(1);

    // One GPU is free: decode's rollout may use it, prefill's may not.
    assertThat(
            surge(
                cluster("scaling: {maxGPUs: 4}", 1, "decode: {replicas: 2, " + GPU + "}"),
                Role.PREFILL))
        .isZero();
    EPDCluster roomy = cluster("scaling: {maxGPUs: 4}", 1, "decode: {replicas: 2, " + GPU + "}");
    strategy = deployment(roomy, Role.DECODE).getSpec().getStrategy().getRollingUpdate();
    assertThat(strategy.getMaxSurge().getIntVal()).isEqualTo(1);
    assertThat(strategy.getMaxUnavailable().getIntVal()).isZero();
  }

  /** Whatever people ask for, the pods that are planned fit, and nobody gets less than his own. */
  @Property(tries = 300)
  void plannedPodsFit(
      @ForAll @IntRange(min = 3, max = 30) int budget,
      @ForAll @IntRange(max = 40) int decode,
      @ForAll @IntRange(max = 40) int prefill,
      @ForAll @IntRange(max = 40) int encoder) {
    EPDCluster cluster =
        Fixtures.cluster(
            "scaling: {maxGPUs: " + budget + "}",
            "prefill: {" + GPU + "}",
            "decode: {" + GPU + "}",
            "encoder: {autoscaling: {minReplicas: 1, maxReplicas: 40}, " + GPU + "}");
    EPDPool[] pools = {
      pool(cluster, Role.DECODE, decode),
      pool(cluster, Role.PREFILL, prefill),
      pool(cluster, Role.ENCODER, encoder)
    };
    Map<Role, Integer> asked =
        Map.of(Role.DECODE, decode, Role.PREFILL, prefill, Role.ENCODER, encoder);
    int sum = 0;
    for (Role role : List.of(Role.DECODE, Role.PREFILL, Role.ENCODER)) {
      EPDPoolSpec spec = spec(cluster, role, pools).withReplicas(asked.getOrDefault(role, 0));
      sum += spec.podsWanted();
      assertThat(spec.podsWanted())
          .isGreaterThanOrEqualTo(Math.min(1, asked.getOrDefault(role, 0)));
    }
    assertThat(sum).isLessThanOrEqualTo(budget);
  }

  private static EPDCluster cluster(String first, int prefill, String... more) {
    List<String> lines = new ArrayList<>(List.of(more));
    lines.add("prefill: {replicas: " + prefill + ", " + GPU + "}");
    if (!first.isEmpty()) {
      lines.add(first);
    }
    return Fixtures.cluster(lines.toArray(String[]::new));
  }

  private static EPDPool pool(EPDCluster cluster, Role role, int replicas) {
    EPDPool made = Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), role).desired();
    return Fixtures.existing(made, replicas, Set.of("kubectl"));
  }

  private static EPDPoolSpec spec(EPDCluster cluster, Role role, EPDPool... live) {
    EPDPoolSpec spec =
        Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster, live)), role).desired().getSpec();
    for (EPDPool pool : live) {
      if (pool.getSpec().role() == role) {
        return spec.withReplicas(pool.getSpec().replicas());
      }
    }
    return spec;
  }

  private static int surge(EPDCluster cluster, Role role) {
    return deployment(cluster, role)
        .getSpec()
        .getStrategy()
        .getRollingUpdate()
        .getMaxSurge()
        .getIntVal();
  }

  private static Deployment deployment(EPDCluster cluster, Role role) {
    EPDPool pool = Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), role).desired();
    return Fixtures.deployment(pool);
  }
}

package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import dev.epd.planner.PoolPlan.Growth;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OldSetsTest {
  private static final String GPU = "resources: {gpu: {count: 1}}";

  @Test
  void theSetThatServesGrowsAndNeverShrinks() {
    assertThat(plan("rollout: {}", 4, 1, false))
        .containsExactly(new Growth(name("rollout: {}"), 4));
    assertThat(plan("rollout: {}", 1, 1, false)).isEmpty();
    assertThat(plan("rollout: {}", 1, 4, false)).isEmpty();
    assertThat(plan("rollout: {strategy: Independent}", 4, 1, false)).hasSize(1);
    assertThat(plan("rollout: {paused: true}", 4, 1, false)).hasSize(1);
  }

  @Test
  void aSetThatServesNoMoreOrMustNotGrowStaysAsItIs() {
    assertThat(plan("rollout: {}", 4, 1, true)).as("the new gateway is there").isEmpty();
    assertThat(plan("rollout: {strategy: Recreate}", 4, 1, false)).isEmpty();
    assertThat(plan("suspend: true", 4, 1, false)).isEmpty();
    assertThat(plan("scaling: {maxGPUs: 9}", 4, 1, false)).isEmpty();
  }

  /** A pool of another model wants some pods; the old one has others and its gateway is ready. */
  private static List<Growth> plan(String rollout, int wanted, int old, boolean newServes) {
    EPDPool before = decode(rollout, "shapes", 1);
    EPDPool pool = decode(rollout, "other", wanted);
    Deployment deployment = Fixtures.deployment(before);
    deployment.getMetadata().getOwnerReferences().getFirst().setUid(pool.getMetadata().getUid());
    deployment.getSpec().setReplicas(old);
    Pod gateway = gateway(newServes ? pool : before);
    PoolObservation seen =
        new PoolObservation(
            pool,
            List.of(deployment),
            List.of(),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(gateway),
            Instant.EPOCH);
    return PoolPlanner.plan(seen).grow();
  }

  private static String name(String rollout) {
    return PoolPlanner.deploymentName(decode(rollout, "shapes", 1));
  }

  private static EPDPool decode(String line, String model, int replicas) {
    EPDCluster cluster = Fixtures.cluster("prefill: {}", "decode: {" + GPU + "}", line);
    cluster =
        Serialization.unmarshal(
            Serialization.asYaml(cluster).replace("path: \"shapes\"", "path: \"" + model + "\""),
            EPDCluster.class);
    EPDPool pool =
        Fixtures.existing(
            Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.DECODE).desired(),
            replicas,
            Set.of());
    pool.getMetadata().setUid("decode-uid");
    return pool;
  }

  private static Pod gateway(EPDPool like) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("gateway")
        .addToLabels(Labels.COMPATIBILITY_KEY, CompatibilityKey.of(like.getSpec()))
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }
}

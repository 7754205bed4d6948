package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.autoscaler.PoolState.Phase;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class MappingTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:01:00Z");

  @Test
  void aPolicyWithoutFieldsHasTheScalersDefaults() {
    assertThat(Mapping.settings(EPDAutoscalingPolicySpec.DEFAULT))
        .isEqualTo(PolicySettings.DEFAULT);
  }

  @Test
  void podsAreCountedByWhereTheyStand() {
    EPDPool pool =
        Serialization.unmarshal(
            """
            kind: EPDPool
            apiVersion: epd.dev/v1alpha1
            spec:
              {role: encoder, replicas: 3, replicasOwner: Autoscaler, autoscaling: {minReplicas: 0, maxReplicas: 4}}
            """,
            EPDPool.class);
    Autoscaling bounds = new Autoscaling(0, 4, null);
    List<Pod> pods =
        List.of(
            pod("ready", "Running", true, false),
            pod("starting", "Pending", false, false),
            pod("draining", "Running", true, true),
            pod("failed", "Failed", false, false));
    var state = Mapping.state(pool, bounds, pods, NOW);
    assertThat(state.wanted()).isEqualTo(3);
    assertThat(state.min()).isZero();
    assertThat(state.max()).isEqualTo(4);
    assertThat(state.count(Phase.READY)).isEqualTo(1);
    assertThat(state.count(Phase.STARTING)).isEqualTo(1);
    assertThat(state.count(Phase.DRAINING)).isEqualTo(1);
    assertThat(state.replicas()).allMatch(r -> r.age().equals(Duration.ofMinutes(1)));
    assertThat(Mapping.ready(pods)).containsExactly(new LoadTargets.Endpoint("ready", "127.0.0.9"));
  }

  @Test
  void constantsBecomeNames() {
    assertThat(Mapping.camelCase("MAX_REPLICAS")).isEqualTo("MaxReplicas");
  }

  private static Pod pod(String name, String phase, boolean ready, boolean deleted) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withCreationTimestamp("2026-01-01T00:00:00Z")
        .withDeletionTimestamp(deleted ? "2026-01-01T00:00:30Z" : null)
        .endMetadata()
        .withNewStatus()
        .withPhase(phase)
        .withPodIP("127.0.0.9")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "False")
        .endCondition()
        .endStatus()
        .build();
  }
}

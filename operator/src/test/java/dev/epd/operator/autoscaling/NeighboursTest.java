package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.Limit;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.Ratio;
import dev.epd.autoscaler.Ratios;
import dev.epd.autoscaler.Ratios.Stand;
import dev.epd.autoscaler.Reason;
import dev.epd.autoscaler.ScalerMemory;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NeighboursTest {
  private final Map<String, EPDPool> pools = new HashMap<>();
  private final Neighbours neighbours = new Neighbours();
  private final EPDPool encoder =
      pool("encoder", "Autoscaler", "replicas: 2, autoscaling: {minReplicas: 0, maxReplicas: 8}");
  private String ratios = "[{numerator: encoder, denominator: prefill, min: '0.5', max: '4'}]";

  private final PoolView view =
      new PoolView() {
        @Override
        public Optional<EPDPool> pool(String namespace, String name) {
          return Optional.ofNullable(pools.get(name));
        }

        @Override
        public Optional<EPDCluster> cluster(String namespace, String name) {
          return Optional.of(
              Serialization.unmarshal(
                  """
                  kind: EPDCluster
                  apiVersion: epd.dev/v1alpha1
                  spec: {scaling: {ratios: %s}}
                  """
                      .formatted(ratios),
                  EPDCluster.class));
        }

        @Override
        public Optional<EPDAutoscalingPolicy> policy(String namespace, String name) {
          return Optional.empty();
        }

        @Override
        public List<Pod> pods(String namespace, String cluster, Role role) {
          return List.of();
        }
      };

  private static EPDPool pool(String role, String owner, String numbers) {
    return Serialization.unmarshal(
        """
        kind: EPDPool
        apiVersion: epd.dev/v1alpha1
        metadata: {name: c-%1$s, namespace: n, uid: uid-%1$s}
        spec: {clusterRef: {name: c}, role: %1$s, replicasOwner: %2$s, %3$s}
        """
            .formatted(role, owner, numbers),
        EPDPool.class);
  }

  private Map<String, Stand> stands() {
    return neighbours.of(encoder, view).others();
  }

  @Test
  void withoutRatiosNobodyIsBound() {
    ratios = "[]";
    assertThat(neighbours.of(encoder, view)).isEqualTo(Ratios.NONE);
  }

  @Test
  void aNumberThatIsNotDecidedHereStands() {
    pools.put("c-prefill", pool("prefill", "Cluster", "replicas: 3"));
    Ratios found = neighbours.of(encoder, view);
    assertThat(found.pool()).isEqualTo("encoder");
    assertThat(found.ratios()).containsExactly(new Ratio("encoder", "prefill", 0.5, 4.0));
    assertThat(found.others()).isEqualTo(Map.of("prefill", Stand.fixed(3)));
    // Its policy only recommends: the number is somebody's.
    pools.put(
        "c-prefill",
        pool("prefill", "External", "replicas: 5, autoscaling: {minReplicas: 1, maxReplicas: 9}"));
    assertThat(stands()).isEqualTo(Map.of("prefill", Stand.fixed(5)));
    pools.put("c-prefill", pool("prefill", "External", "replicas: 5, maxReplicas: 4"));
    assertThat(stands())
        .as("what the GPU budget leaves")
        .isEqualTo(Map.of("prefill", Stand.fixed(4)));
  }

  @Test
  void ofAPoolThatIsDecidedHereItsOwnWishCounts() {
    EPDPool prefill =
        pool("prefill", "Autoscaler", "replicas: 5, autoscaling: {minReplicas: 1, maxReplicas: 9}");
    pools.put("c-prefill", prefill);
    assertThat(stands()).as("not looked at yet").containsEntry("prefill", new Stand(1, 9, 5));
    Decision decision =
        new Decision(
            5,
            5,
            2,
            2,
            Limit.RATIO,
            "encoder:prefill",
            "QueueTokens",
            Reason.LESS_WORK,
            "",
            Map.of(),
            ScalerMemory.takeOver(Learned.NOTHING, Instant.EPOCH));
    neighbours.decided(prefill, new PoolState(5, 1, 7, List.of()), decision);
    assertThat(stands()).containsEntry("prefill", new Stand(1, 7, 2));
    neighbours.forget("uid-prefill");
    assertThat(stands()).containsEntry("prefill", new Stand(1, 9, 5));
  }

  @Test
  void aPoolThatDoesNotExistBindsNobody() {
    assertThat(stands()).isEmpty();
  }
}

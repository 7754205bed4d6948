package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.FieldsV1;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Objects as the API server would hold them. */
final class Fixtures {
  private Fixtures() {}

  /** A cluster whose pools are given as YAML lines at the level of spec. */
  static EPDCluster cluster(String... specLines) {
    StringBuilder yaml =
        new StringBuilder(
            """
            apiVersion: epd.dev/v1alpha1
            kind: EPDCluster
            metadata: {name: c, namespace: n, uid: cluster-uid, generation: 1}
            spec:
              model: {name: m, source: {pvc: {claimName: models, path: shapes}}}
              runtime: {image: "r:1"}
            """);
    for (String line : specLines) {
      yaml.append("  ").append(line).append('\n');
    }
    return Serialization.unmarshal(yaml.toString(), EPDCluster.class);
  }

  static ClusterObservation seen(EPDCluster cluster, EPDPool... pools) {
    return new ClusterObservation(
        cluster, List.of(pools), Set.of(), ClaimState.BOUND, null, List.of(), null);
  }

  static PoolApply pool(ClusterPlan plan, Role role) {
    return plan.pools().stream()
        .filter(p -> p.desired().getSpec().role() == role)
        .findFirst()
        .orElseThrow();
  }

  /** The Deployment that is planned for a pool. */
  static Deployment deployment(EPDPool pool) {
    EPDPool known = Serialization.clone(pool);
    known.getMetadata().setUid("pool-uid");
    return PoolPlanner.plan(
            new PoolObservation(known, List.of(), List.of(), java.util.Optional.empty(), List.of()))
        .apply()
        .stream()
        .filter(Deployment.class::isInstance)
        .map(Deployment.class::cast)
        .findFirst()
        .orElseThrow();
  }

  /** What a plan made, with a uid and a number of pods, as read back. */
  static EPDPool existing(EPDPool desired, int replicas, Collection<String> managers) {
    EPDPool pool = Serialization.clone(desired);
    pool.setSpec(pool.getSpec().withReplicas(replicas));
    pool.getMetadata().setUid("pool-uid");
    pool.getMetadata().setGeneration(1L);
    pool.getMetadata()
        .setManagedFields(
            managers.stream()
                .map(
                    manager -> {
                      FieldsV1 fields = new FieldsV1();
                      fields.setAdditionalProperty("f:spec", Map.of("f:replicas", Map.of()));
                      return new ManagedFieldsEntryBuilder()
                          .withManager(manager)
                          .withFieldsV1(fields)
                          .build();
                    })
                .toList());
    return pool;
  }
}

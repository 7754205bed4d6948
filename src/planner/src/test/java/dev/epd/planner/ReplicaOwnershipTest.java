package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScalingMode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/**
 * Any sequence of changes by users, autoscaler and strangers, with the reconciler dying between its
 * steps: the number of pods changes only by the hand of its owner.
 */
class ReplicaOwnershipTest {
  /** What happens between two reconciles. */
  sealed interface Step {
    /** The user sets encoder.replicas. */
    record SetReplicas(int n) implements Step {}

    /** The user sets encoder.autoscaling. */
    record SetAutoscaling() implements Step {}

    /** The user edits the policy: from now on it acts, only recommends, or says nothing. */
    record SetPolicy(PolicyState state) implements Step {}

    /** The user deletes the policy. */
    record DeletePolicy() implements Step {}

    /** The autoscaler recommends, if that is its policy. */
    record Advises(int n) implements Step {}

    /** The user removes both. */
    record SetNeither() implements Step {}

    /** Somebody uses /scale. */
    record Stranger(int n) implements Step {}

    /** The autoscaler decides, if the number is its own. */
    record Autoscaler(int n) implements Step {}

    /** The reconciler runs and dies after its first write. */
    record HalfReconcile() implements Step {}
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> n = Arbitraries.integers().between(0, 9);
    Arbitrary<Step> step =
        Arbitraries.oneOf(
            n.map(Step.SetReplicas::new),
            Arbitraries.create(Step.SetAutoscaling::new),
            Arbitraries.create(Step.SetNeither::new),
            Arbitraries.of(PolicyState.class).map(Step.SetPolicy::new),
            Arbitraries.create(Step.DeletePolicy::new),
            n.map(Step.Advises::new),
            n.map(Step.Stranger::new),
            n.map(Step.Autoscaler::new),
            Arbitraries.create(Step.HalfReconcile::new));
    return step.list().ofMinSize(1).ofMaxSize(30);
  }

  @Property(tries = 100)
  void theNumberChangesOnlyByItsOwner(@ForAll("steps") List<Step> steps) {
    World world = new World();
    world.reconcile();
    for (Step step : steps) {
      world.take(step);
      int before = world.server.value();
      ReplicasOwner ownerBefore = world.server.owner;
      world.reconcile();
      int after = world.server.value();
      switch (world.wantedOwner()) {
        case Cluster -> assertThat(after).isEqualTo(world.fixed);
        case External -> assertThat(after).as("%s", step).isEqualTo(before);
        case Autoscaler -> {
          boolean mayPutBack =
              ownerBefore == ReplicasOwner.Autoscaler
                  && world.server.decision != null
                  && !world.server.isAdvice;
          if (mayPutBack && after != before) {
            assertThat(after).isEqualTo(world.server.decision);
          } else {
            assertThat(after).as("%s", step).isEqualTo(before);
          }
        }
      }
      assertThat(world.server.owner).isEqualTo(world.wantedOwner());
      // Nothing changed: the next look finds nothing to do.
      world.assertSettled();
    }
  }

  /** The server's memory of one field, and the spec that the reconciler sees. */
  private static final class World {
    private final Server server = new Server();
    private @Nullable Integer fixed = 1;
    private boolean autoscaling;
    private @Nullable PolicyState policy = PolicyState.ACTS;

    ReplicasOwner wantedOwner() {
      if (fixed != null) {
        return ReplicasOwner.Cluster;
      }
      if (!autoscaling || policy == PolicyState.IDLE) {
        return ReplicasOwner.External;
      }
      return policy != PolicyState.ACTS
              && server.autoscaled
              && server.owner == ReplicasOwner.External
          ? ReplicasOwner.External
          : ReplicasOwner.Autoscaler;
    }

    void take(Step step) {
      switch (step) {
        case Step.SetReplicas s -> {
          fixed = s.n();
          autoscaling = false;
        }
        case Step.SetAutoscaling s -> {
          fixed = null;
          autoscaling = true;
        }
        case Step.SetNeither s -> {
          fixed = null;
          autoscaling = false;
        }
        case Step.Stranger s -> server.update("kubectl", s.n());
        case Step.Autoscaler s -> {
          if (server.owner == ReplicasOwner.Autoscaler) {
            server.apply(FieldManagers.AUTOSCALER, s.n());
            server.decision = s.n();
            server.isAdvice = false;
          }
        }
        case Step.SetPolicy s -> policy = s.state();
        case Step.DeletePolicy s -> policy = null;
        case Step.Advises s -> {
          if (autoscaling && policy == PolicyState.IDLE) {
            server.decision = s.n();
            server.isAdvice = true;
          }
        }
        case Step.HalfReconcile s -> {
          ReplicaIntent intent = intent();
          if (intent instanceof ReplicaIntent.HandOver h) {
            server.apply(ReplicaIntent.manager(h.to()), h.replicas());
          }
        }
      }
    }

    void reconcile() {
      ReplicaIntent intent = intent();
      Integer written = Fixtures.pool(plan(), Role.ENCODER).desired().getSpec().replicas();
      switch (intent) {
        case ReplicaIntent.HandOver h -> {
          assertThat(written).isNull();
          server.apply(ReplicaIntent.manager(h.to()), h.replicas());
          server.release(FieldManagers.CLUSTER);
        }
        case ReplicaIntent.PutBack back when back.owner() == ReplicasOwner.Autoscaler ->
            server.apply(FieldManagers.AUTOSCALER, back.replicas());
        case ReplicaIntent.LeaveAlone alone -> {
          assertThat(written).isNull();
          server.release(FieldManagers.CLUSTER);
        }
        case ReplicaIntent.Apply apply -> server.apply(FieldManagers.CLUSTER, apply.replicas());
        case ReplicaIntent.Seed seed -> server.apply(FieldManagers.CLUSTER, seed.replicas());
        case ReplicaIntent.PutBack back -> server.apply(FieldManagers.CLUSTER, back.replicas());
      }
      server.owner = wantedOwner();
      server.autoscaled = autoscaling;
    }

    void assertSettled() {
      switch (intent()) {
        case ReplicaIntent.Apply apply -> assertThat(apply.replicas()).isEqualTo(server.value());
        case ReplicaIntent.LeaveAlone alone -> {}
        case ReplicaIntent other -> throw new AssertionError("still to do: " + other);
      }
    }

    private ReplicaIntent intent() {
      return Fixtures.pool(plan(), Role.ENCODER).replicas();
    }

    private ClusterPlan plan() {
      EPDCluster cluster =
          fixed != null
              ? Fixtures.cluster("prefill: {replicas: 1}", "encoder: {replicas: " + fixed + "}")
              : autoscaling
                  ? Fixtures.cluster(
                      "prefill: {replicas: 1}",
                      "encoder: {autoscaling: {minReplicas: 0, maxReplicas: 9, policyRef: {name: p}}}")
                  : Fixtures.cluster("prefill: {replicas: 1}", "encoder: {}");
      if (server.owner == null) {
        return ClusterPlanner.plan(seen(cluster));
      }
      return ClusterPlanner.plan(seen(cluster, server.pool(cluster)));
    }

    private ClusterObservation seen(EPDCluster cluster, EPDPool... pools) {
      return new ClusterObservation(
          cluster,
          List.of(pools),
          policy == null ? Map.of() : Map.of("p", policy),
          ClaimState.BOUND,
          null,
          List.of(),
          null);
    }
  }

  /** {@code spec.replicas} and its managers, by the rules of server-side apply. */
  private static final class Server {
    private @Nullable Integer replicas;
    private @Nullable ReplicasOwner owner;
    private boolean autoscaled;
    private @Nullable Integer decision;
    private boolean isAdvice;
    private final Set<String> managers = new TreeSet<>();

    int value() {
      return replicas == null ? 1 : replicas; // the CRD's default
    }

    void apply(String manager, int n) {
      if (replicas == null || replicas != n) {
        managers.clear();
      }
      replicas = n;
      managers.add(manager);
    }

    void update(String manager, int n) {
      if (value() != n) {
        managers.clear();
        managers.add(manager);
        replicas = n;
      }
    }

    /** An apply without the field: gone when nobody else holds it. */
    void release(String manager) {
      if (managers.remove(manager) && managers.isEmpty()) {
        replicas = null;
      }
    }

    EPDPool pool(EPDCluster cluster) {
      PoolApply made = Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), Role.ENCODER);
      EPDPool pool = Fixtures.existing(made.desired(), value(), managers);
      ObjectNode spec = Serialization.jsonMapper().valueToTree(pool.getSpec());
      spec.put("replicasOwner", (owner == null ? ReplicasOwner.Cluster : owner).name());
      if (!autoscaled) {
        spec.remove("autoscaling");
      }
      pool.setSpec(Serialization.jsonMapper().convertValue(spec, EPDPoolSpec.class));
      if (decision != null) {
        pool.setStatus(
            new EPDPoolStatus(
                1L,
                null,
                null,
                null,
                null,
                List.of(),
                new ScaleDecision(
                    isAdvice ? ScalingMode.Recommend : null,
                    0,
                    decision,
                    decision,
                    null,
                    null,
                    "",
                    Map.of(),
                    "2026-01-01T00:00:00Z"),
                null,
                List.of()));
      }
      return pool;
    }
  }
}

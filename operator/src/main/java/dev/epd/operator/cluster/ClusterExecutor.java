package dev.epd.operator.cluster;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.operator.kube.Applier;
import dev.epd.operator.kube.Applier.Outcome;
import dev.epd.operator.kube.Events;
import dev.epd.operator.kube.PoolPatch;
import dev.epd.operator.kube.Refusal;
import dev.epd.planner.ClusterObservation;
import dev.epd.planner.ClusterPlan;
import dev.epd.planner.Notice;
import dev.epd.planner.PoolApply;
import dev.epd.planner.Problem;
import dev.epd.planner.ReplicaIntent;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.ArrayList;
import java.util.List;

/** Carries out a cluster's plan once; every step may be repeated by another. */
final class ClusterExecutor {
  private final ClusterSources sources;
  private final SigningKeys signingKeys;
  private final Events events;
  private final Context<EPDCluster> context;
  private final List<Problem> refused = new ArrayList<>();
  private boolean wrote;

  ClusterExecutor(
      ClusterSources sources, SigningKeys signingKeys, Events events, Context<EPDCluster> context) {
    this.sources = sources;
    this.signingKeys = signingKeys;
    this.events = events;
    this.context = context;
  }

  /** Returns what the API server refused; the rest was carried out all the same. */
  List<Problem> execute(ClusterPlan plan, ClusterObservation seen) {
    EPDCluster cluster = seen.cluster();
    // The key first: pods that start before it wait for its volume.
    plan.signingKey()
        .ifPresent(secret -> orRefused(secret, () -> signingKeys.create(cluster, secret)));
    plan.gatewayService()
        .ifPresent(s -> orRefused(s, () -> note(Applier.applySeen(s, sources.services, context))));
    // Before the pods, so that none runs unguarded.
    plan.networkPolicies()
        .forEach(
            p -> orRefused(p, () -> note(Applier.applySeen(p, sources.networkPolicies, context))));
    plan.pools().forEach(p -> orRefused(p.desired(), () -> apply(p)));
    plan.poolsToDelete().forEach(this::delete);
    plan.networkPoliciesToDelete().forEach(this::delete);
    plan.notices().forEach(notice -> tell(cluster, notice));
    return List.copyOf(refused);
  }

  /** Whether any object was written. */
  boolean wrote() {
    return wrote;
  }

  private void note(Outcome outcome) {
    wrote |= outcome.isWrite();
  }

  private void orRefused(HasMetadata object, Runnable step) {
    try {
      step.run();
    } catch (KubernetesClientException e) {
      refused.add(Refusal.of(e, object).orElseThrow(() -> e));
    }
  }

  private void apply(PoolApply pool) {
    // A new owner holds the number before this manager lets go of it.
    switch (pool.replicas()) {
      case ReplicaIntent.HandOver h -> write(pool.desired(), h.replicas(), h.to());
      case ReplicaIntent.PutBack back when back.owner() != ReplicasOwner.Cluster ->
          write(pool.desired(), back.replicas(), back.owner());
      default -> {}
    }
    note(Applier.apply(pool.desired(), sources.pools, context));
    if (pool.replicas() instanceof ReplicaIntent.PutBack back) {
      sources
          .pools
          .get(ResourceID.fromResource(pool.desired()))
          .ifPresent(live -> tell(live, back.notice()));
    }
  }

  private void delete(HasMetadata object) {
    if (object.getMetadata().getDeletionTimestamp() == null) {
      orRefused(object, () -> context.getClient().resource(object).delete());
    }
  }

  private void write(EPDPool pool, int replicas, ReplicasOwner owner) {
    PoolPatch.write(context.getClient(), pool, replicas, ReplicaIntent.manager(owner));
  }

  private void tell(HasMetadata about, Notice notice) {
    switch (notice.type()) {
      case Normal -> events.normal(about, notice.reason(), notice.message());
      case Warning -> events.warning(about, notice.reason(), notice.message());
    }
  }
}

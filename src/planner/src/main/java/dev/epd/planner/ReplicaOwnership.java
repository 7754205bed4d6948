package dev.epd.planner;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.RolePool;
import dev.epd.api.v1alpha1.ScaleDecision;
import io.fabric8.kubernetes.api.model.FieldsV1;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may write a pool's number of pods: exactly one at a time.
 *
 * <p>Told from {@code managedFields}: whoever changes the value takes it from the managers that
 * held another value, so an owner that is no longer among them has been overwritten. Who merely
 * wrote the same value stands beside the owner and is harmless.
 */
final class ReplicaOwnership {
  private ReplicaOwnership() {}

  /** {@code replicas} is set in the cluster. */
  static ReplicaIntent byCluster(@Nullable EPDPool existing, int wanted, String changeHere) {
    if (existing == null || existing.getSpec().replicasOwner() != ReplicasOwner.Cluster) {
      return new ReplicaIntent.Apply(wanted);
    }
    Set<String> managers = managersOfReplicas(existing);
    int current = existing.getSpec().replicasOrDefault();
    boolean overwritten = !managers.isEmpty() && !managers.contains(FieldManagers.CLUSTER);
    if (current != wanted && overwritten) {
      return new ReplicaIntent.PutBack(
          wanted, ReplicasOwner.Cluster, undone(existing, current, wanted, changeHere));
    }
    return new ReplicaIntent.Apply(wanted);
  }

  /** {@code autoscaling} is set in the cluster. */
  static ReplicaIntent byAutoscaler(@Nullable EPDPool existing, int seed, String changeHere) {
    if (existing == null) {
      return new ReplicaIntent.Seed(seed, ReplicasOwner.Autoscaler);
    }
    Set<String> managers = managersOfReplicas(existing);
    int current = existing.getSpec().replicasOrDefault();
    boolean held = managers.contains(FieldManagers.AUTOSCALER);
    boolean isOwner = existing.getSpec().replicasOwner() == ReplicasOwner.Autoscaler;
    if (managers.contains(FieldManagers.CLUSTER) || (!isOwner && !held)) {
      return new ReplicaIntent.HandOver(current, ReplicasOwner.Autoscaler);
    }
    Integer decided = lastDecided(existing);
    if (isOwner && !held && !managers.isEmpty() && decided != null && decided != current) {
      return new ReplicaIntent.PutBack(
          decided, ReplicasOwner.Autoscaler, undone(existing, current, decided, changeHere));
    }
    return new ReplicaIntent.LeaveAlone();
  }

  /** Neither is set, or the policy does not act: seeded once, then never touched. */
  static ReplicaIntent byOthers(@Nullable EPDPool existing, int seed) {
    if (existing == null) {
      return new ReplicaIntent.Seed(seed, ReplicasOwner.External);
    }
    boolean clusterHolds = managersOfReplicas(existing).contains(FieldManagers.CLUSTER);
    if (clusterHolds || existing.getSpec().replicasOwner() == ReplicasOwner.Cluster) {
      return new ReplicaIntent.HandOver(
          existing.getSpec().replicasOrDefault(), ReplicasOwner.External);
    }
    return new ReplicaIntent.LeaveAlone();
  }

  /**
   * Who owns the number as things stand. A policy that only recommends leaves it to whoever uses
   * /scale, or nobody could act on what it says. One that is missing or cannot be read says
   * nothing: the owner stays.
   */
  static ReplicasOwner owner(
      ClusterObservation seen, RolePool options, @Nullable EPDPool existing) {
    Autoscaling autoscaling = options.autoscaling();
    ReplicasOwner written = options.owner();
    if (written != ReplicasOwner.Autoscaler
        || autoscaling == null
        || autoscaling.policyRef() == null) {
      return written;
    }
    String policy = autoscaling.policyRef().name();
    ReplicasOwner stays =
        existing != null
                && existing.getSpec().autoscaling() != null
                && existing.getSpec().replicasOwner() == ReplicasOwner.External
            ? ReplicasOwner.External
            : ReplicasOwner.Autoscaler;
    return switch (seen.policies().get(policy)) {
      case ACTS -> ReplicasOwner.Autoscaler;
      case IDLE -> ReplicasOwner.External;
      case UNREADABLE -> stays;
      case null -> stays;
    };
  }

  /** Advice is no decision: it is never put back to. */
  private static @Nullable Integer lastDecided(EPDPool pool) {
    ScaleDecision last = pool.getStatus() == null ? null : pool.getStatus().lastDecision();
    return last == null || !last.wasActedOn() ? null : last.to();
  }

  private static Notice undone(EPDPool pool, int current, int wanted, String changeHere) {
    return Notice.warning(
        Reason.ReplicasPutBack,
        "replicas of "
            + pool.getMetadata().getName()
            + " was changed to "
            + current
            + " and put back to "
            + wanted
            + ": "
            + changeHere);
  }

  static Set<String> managersOfReplicas(EPDPool pool) {
    Set<String> managers = new HashSet<>();
    for (ManagedFieldsEntry entry : pool.getMetadata().getManagedFields()) {
      FieldsV1 fields = entry.getFieldsV1();
      if (fields != null
          && fields.getAdditionalProperties().get("f:spec") instanceof Map<?, ?> spec
          && spec.containsKey("f:replicas")) {
        managers.add(entry.getManager());
      }
    }
    return managers;
  }
}

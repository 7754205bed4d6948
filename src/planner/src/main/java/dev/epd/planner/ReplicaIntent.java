package dev.epd.planner;

import dev.epd.api.v1alpha1.ReplicasOwner;

/**
 * What to do with {@code spec.replicas} of a pool. The cluster's own apply of the pool ({@link
 * PoolApply#desired()}) holds the number exactly where the cluster writes it; the other steps are
 * spelled out here, in the order in which they must be done.
 */
public sealed interface ReplicaIntent {

  /** The cluster owns the number: it is part of {@code desired}. */
  record Apply(int replicas) implements ReplicaIntent {}

  /**
   * The pool does not exist: {@code desired} creates it with this number, and the next reconcile
   * hands the number over to {@code to}.
   */
  record Seed(int replicas, ReplicasOwner to) implements ReplicaIntent {}

  /**
   * The owner changes and the number does not: first apply {@code spec.replicas = replicas} alone,
   * by force, as {@link #manager(ReplicasOwner)} of the new owner; then apply {@code desired},
   * which leaves the number out. The other order would remove the field for a moment.
   */
  record HandOver(int replicas, ReplicasOwner to) implements ReplicaIntent {}

  /** Somebody else owns the number; {@code desired} leaves it out. */
  record LeaveAlone() implements ReplicaIntent {}

  /**
   * Somebody changed a number that is not theirs. Owner Cluster: {@code desired} holds the number,
   * apply it by force. Owner Autoscaler: apply {@code spec.replicas} alone, by force, as the
   * autoscaler. Then say {@code notice} on the pool.
   */
  record PutBack(int replicas, ReplicasOwner owner, Notice notice) implements ReplicaIntent {}

  /** The field manager under which an owner's number is written. */
  static String manager(ReplicasOwner owner) {
    return switch (owner) {
      case Cluster -> FieldManagers.CLUSTER;
      case Autoscaler -> FieldManagers.AUTOSCALER;
      case External -> FieldManagers.SEED;
    };
  }
}

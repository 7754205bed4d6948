package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;

/**
 * One pool to apply as {@link FieldManagers#CLUSTER}. {@code desired.spec.replicas} is null where
 * the cluster must not write it.
 */
public record PoolApply(EPDPool desired, ReplicaIntent replicas) {}

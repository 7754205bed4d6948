package dev.epd.planner;

/** Names of the server-side-apply field managers: one writer, one name. Final: they are stored. */
public final class FieldManagers {
  /** The cluster reconciler: pools, Service, Secret, and {@code replicas} it owns. */
  public static final String CLUSTER = "epd-cluster";

  /** The pool reconciler: Deployments, ServiceAccounts, Roles. */
  public static final String POOL = "epd-pool";

  /** The autoscaler: {@code spec.replicas} of pools it owns, its part of their status. */
  public static final String AUTOSCALER = "epd-autoscaler";

  /** Wrote {@code spec.replicas} once, for a pool that is then scaled from outside. */
  public static final String SEED = "epd-seed";

  private FieldManagers() {}
}

package dev.epd.api.v1alpha1;

/** Who may write {@code spec.replicas} of a pool; one writer at a time. */
public enum ReplicasOwner {
  /** {@code replicas} is set in the cluster: change it there. */
  Cluster,
  /** {@code autoscaling} is set in the cluster and its policy acts: the autoscaler decides. */
  Autoscaler,
  /**
   * Neither is set, or the policy is Off or recommends: whoever uses the pool's /scale (kubectl,
   * HPA, KEDA).
   */
  External
}

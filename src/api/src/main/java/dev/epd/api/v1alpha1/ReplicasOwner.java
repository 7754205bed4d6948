package dev.epd.api.v1alpha1;

/** Who may write {@code spec.replicas} of a pool; one writer at a time. */
public enum ReplicasOwner {
  /** {@code replicas} is set in the cluster: change it there. */
  Cluster,
  /** {@code autoscaling} is set in the cluster: the autoscaler decides. */
  Autoscaler,
  /** Neither is set: whoever uses the pool's /scale (kubectl, HPA, KEDA). */
  External
}

package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A pool and what was seen around it.
 *
 * @param deployments those with the pool's cluster and role labels, of any compatibility key, and
 *     any other that bears the wanted name
 * @param pods the pods of those Deployments; may be empty when nobody looked (reasons get coarser)
 * @param budget the PodDisruptionBudget that bears the pool's name
 * @param revisions the pool's ControllerRevisions
 * @param neighbours the Deployments of the cluster's other roles, of any compatibility key
 * @param gateways the pods of the cluster's gateway, those that are leaving included
 * @param refusals of a gateway's pool what its pods say of other pools' pods
 * @param now when all this was looked at
 */
public record PoolObservation(
    EPDPool pool,
    List<Deployment> deployments,
    List<Pod> pods,
    Optional<PodDisruptionBudget> budget,
    List<ControllerRevision> revisions,
    List<Deployment> neighbours,
    List<Pod> gateways,
    Refusals refusals,
    Instant now) {
  public PoolObservation {
    deployments = List.copyOf(deployments);
    pods = List.copyOf(pods);
    revisions = List.copyOf(revisions);
    neighbours = List.copyOf(neighbours);
    gateways = List.copyOf(gateways);
  }

  /** The same where gateways refuse nothing. */
  public PoolObservation(
      EPDPool pool,
      List<Deployment> deployments,
      List<Pod> pods,
      Optional<PodDisruptionBudget> budget,
      List<ControllerRevision> revisions,
      List<Deployment> neighbours,
      List<Pod> gateways,
      Instant now) {
    this(pool, deployments, pods, budget, revisions, neighbours, gateways, Refusals.NONE, now);
  }

  /** A pool with nothing around it, at a time at which nothing is overdue. */
  public PoolObservation(
      EPDPool pool,
      List<Deployment> deployments,
      List<Pod> pods,
      Optional<PodDisruptionBudget> budget,
      List<ControllerRevision> revisions) {
    this(pool, deployments, pods, budget, revisions, List.of(), List.of(), Instant.EPOCH);
  }
}

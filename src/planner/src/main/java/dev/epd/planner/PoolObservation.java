package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;

/**
 * A pool and what was seen around it.
 *
 * @param deployments those with the pool's cluster and role labels, of any compatibility key, and
 *     any other that bears the wanted name
 * @param pods the pods of those Deployments; may be empty when nobody looked (reasons get coarser)
 */
public record PoolObservation(EPDPool pool, List<Deployment> deployments, List<Pod> pods) {
  public PoolObservation {
    deployments = List.copyOf(deployments);
    pods = List.copyOf(pods);
  }
}

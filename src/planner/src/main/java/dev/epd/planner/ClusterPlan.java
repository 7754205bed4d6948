package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What should exist for a cluster.
 *
 * @param pools one per role, gateway first
 * @param held the roles whose pods stay what they are for now, and those whose pods may not come or
 *     go yet, with the reason
 * @param gatewayService absent when its name is taken by somebody else's object
 * @param networkPolicies those to apply; without any whose name is taken
 * @param networkPoliciesToDelete the cluster's own that it no longer wants
 * @param signingKey present when the Secret must be created: everything but the key, which the
 *     executor draws (32 random bytes, data key {@link #SIGNING_KEY_DATA}) and creates, never
 *     applies
 * @param poolsToDelete pools of roles that the spec no longer has and that nobody sends to
 * @param notices events for the cluster
 * @param problems what keeps the cluster from being as it should, worst first
 */
public record ClusterPlan(
    List<PoolApply> pools,
    Map<Role, Problem> held,
    Optional<Service> gatewayService,
    List<NetworkPolicy> networkPolicies,
    List<NetworkPolicy> networkPoliciesToDelete,
    Optional<Secret> signingKey,
    List<EPDPool> poolsToDelete,
    List<Notice> notices,
    List<Problem> problems) {
  /** The key in the signing Secret's data. */
  public static final String SIGNING_KEY_DATA = "key";

  public ClusterPlan {
    pools = List.copyOf(pools);
    held = Map.copyOf(held);
    networkPolicies = List.copyOf(networkPolicies);
    networkPoliciesToDelete = List.copyOf(networkPoliciesToDelete);
    poolsToDelete = List.copyOf(poolsToDelete);
    notices = List.copyOf(notices);
    problems = List.copyOf(problems);
  }

  /** Whether a role of the spec has no pool and must do without one for now. */
  boolean isYetToCome(Role role, Set<Role> pools) {
    return held.containsKey(role) && !pools.contains(role);
  }

  /** The same plan with what went wrong when it was carried out, after what was wrong before. */
  public ClusterPlan with(List<Problem> more) {
    List<Problem> all = new ArrayList<>(problems);
    all.addAll(more);
    return new ClusterPlan(
        pools,
        held,
        gatewayService,
        networkPolicies,
        networkPoliciesToDelete,
        signingKey,
        poolsToDelete,
        notices,
        all);
  }
}

package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A cluster and what was seen around it, all of its namespace.
 *
 * @param pools pools that the cluster controls, and any others that bear one of its pools' names
 * @param policies the EPDAutoscalingPolicies that exist, by name
 * @param claim the claim that {@code spec.model.source.pvc} names
 * @param gatewayService metadata of the object that bears the gateway Service's name
 * @param networkPolicies those that the cluster controls, and any others that bear one of its names
 * @param signingKey metadata of the Secret that bears the signing key's name
 */
public record ClusterObservation(
    EPDCluster cluster,
    List<EPDPool> pools,
    Map<String, PolicyState> policies,
    ClaimState claim,
    @Nullable ObjectMeta gatewayService,
    List<NetworkPolicy> networkPolicies,
    @Nullable ObjectMeta signingKey) {
  public ClusterObservation {
    pools = List.copyOf(pools);
    policies = Map.copyOf(policies);
    networkPolicies = List.copyOf(networkPolicies);
  }

  /** The same where every policy acts. */
  public ClusterObservation(
      EPDCluster cluster,
      List<EPDPool> pools,
      Set<String> policies,
      ClaimState claim,
      @Nullable ObjectMeta gatewayService,
      List<NetworkPolicy> networkPolicies,
      @Nullable ObjectMeta signingKey) {
    this(
        cluster,
        pools,
        policies.stream().collect(Collectors.toMap(name -> name, name -> PolicyState.ACTS)),
        claim,
        gatewayService,
        networkPolicies,
        signingKey);
  }

  /** The same with other pools. */
  public ClusterObservation withPools(List<EPDPool> others) {
    return new ClusterObservation(
        cluster, others, policies, claim, gatewayService, networkPolicies, signingKey);
  }

  /** The pools that the cluster controls, by role. */
  Map<Role, EPDPool> ownPools() {
    Map<Role, EPDPool> own = new EnumMap<>(Role.class);
    for (EPDPool pool : pools) {
      if (Owners.controls(cluster, pool.getMetadata())) {
        own.put(pool.getSpec().role(), pool);
      }
    }
    return own;
  }
}

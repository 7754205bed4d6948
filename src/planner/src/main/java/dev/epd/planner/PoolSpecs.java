package dev.epd.planner;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.Drain;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterSpec;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Engine;
import dev.epd.api.v1alpha1.EnvEntry;
import dev.epd.api.v1alpha1.Gateway;
import dev.epd.api.v1alpha1.LocalRef;
import dev.epd.api.v1alpha1.PoolGateway;
import dev.epd.api.v1alpha1.PoolOptions;
import dev.epd.api.v1alpha1.PoolResources;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolePool;
import dev.epd.api.v1alpha1.Rollout;
import dev.epd.api.v1alpha1.RolloutStrategy;
import dev.epd.api.v1alpha1.Runtime;
import dev.epd.api.v1alpha1.RuntimeOverride;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a cluster says of one pool, complete: whoever makes its pods need not read the cluster. */
final class PoolSpecs {
  private PoolSpecs() {}

  /**
   * What the cluster as a whole puts on a pool.
   *
   * @param suspended no pods now, whatever the pool's number
   * @param share of the GPU budget; null: no bound
   */
  record Bounds(boolean suspended, GpuBudget.@Nullable Share share) {
    @Nullable Integer maxReplicas() {
      return share == null ? null : share.maxReplicas();
    }

    @Nullable Rollout rollout(@Nullable Rollout written) {
      return share == null ? written : share.within(written);
    }
  }

  /** The autoscaler decides within what the budget leaves; 0 is no maximum, the pool is capped. */
  private static @Nullable Autoscaling within(
      @Nullable Autoscaling autoscaling, @Nullable Integer most) {
    if (autoscaling == null || most == null) {
      return autoscaling;
    }
    int max = Math.max(1, Math.min(autoscaling.maxReplicas(), most));
    return new Autoscaling(Math.min(autoscaling.minOrDefault(), max), max, autoscaling.policyRef());
  }

  static EPDPoolSpec ofRole(EPDCluster cluster, Role role, RolePool options, Bounds bounds) {
    return of(
        cluster,
        role,
        options.owner(),
        options.replicas() == null ? within(options.autoscaling(), bounds.maxReplicas()) : null,
        options,
        options.engine(),
        bounds,
        null);
  }

  static EPDPoolSpec ofGateway(EPDCluster cluster, Gateway gateway, Bounds bounds) {
    List<Role> topology =
        cluster.getSpec().roles().stream().filter(r -> r != Role.GATEWAY).toList();
    return of(
        cluster,
        Role.GATEWAY,
        ReplicasOwner.Cluster,
        null,
        gateway,
        null,
        bounds,
        new PoolGateway(topology, gateway.queueOrDefault(), gateway.apiKeysSecretRef()));
  }

  private static EPDPoolSpec of(
      EPDCluster cluster,
      Role role,
      ReplicasOwner owner,
      @Nullable Autoscaling autoscaling,
      PoolOptions options,
      @Nullable Engine engine,
      Bounds bounds,
      @Nullable PoolGateway gateway) {
    EPDClusterSpec spec = cluster.getSpec();
    return new EPDPoolSpec(
        new LocalRef(cluster.getMetadata().getName()),
        role,
        null,
        owner,
        autoscaling,
        bounds.suspended() ? true : null,
        bounds.maxReplicas(),
        spec.model(),
        merged(spec.runtime(), options.runtime()),
        options.resources(),
        engine,
        options.placement(),
        bounds.rollout(rollout(spec, options)),
        spec.rollout(),
        options.startup(),
        options.template(),
        options.drain() == null ? Drain.DEFAULT : options.drain(),
        options.disruption(),
        gateway);
  }

  /** Without spare GPUs a pod's successor can come only when it has gone. */
  private static @Nullable Rollout rollout(EPDClusterSpec spec, PoolOptions options) {
    PoolResources resources = options.resources();
    boolean inPlace =
        options.rollout() == null
            && spec.rolloutOrDefault().strategyOrDefault() == RolloutStrategy.Recreate
            && resources != null
            && resources.hasAccelerator();
    return inPlace ? new Rollout(new IntOrString(0), new IntOrString(1)) : options.rollout();
  }

  /** What the pods of a role run. */
  static Runtime runtimeOf(EPDCluster cluster, Role role) {
    EPDClusterSpec spec = cluster.getSpec();
    RolePool pool = spec.pool(role);
    PoolOptions options = pool == null ? spec.gatewayOrDefault() : pool;
    return merged(spec.runtime(), options.runtime());
  }

  /** Flags add up, the pool's after the cluster's; variables of the same name are replaced. */
  private static Runtime merged(Runtime base, @Nullable RuntimeOverride override) {
    if (override == null) {
      return base;
    }
    List<String> args = new ArrayList<>(base.args());
    args.addAll(override.args());
    Map<String, EnvEntry> env = new LinkedHashMap<>();
    base.env().forEach(e -> env.put(e.name(), e));
    override.env().forEach(e -> env.put(e.name(), e));
    return new Runtime(
        override.image() == null ? base.image() : override.image(),
        args,
        List.copyOf(env.values()),
        base.imagePullPolicy(),
        base.imagePullSecrets(),
        base.contractVersion());
  }
}

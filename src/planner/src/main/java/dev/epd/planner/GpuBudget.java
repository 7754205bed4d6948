package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDClusterSpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolePool;
import dev.epd.api.v1alpha1.Rollout;
import dev.epd.api.v1alpha1.Scaling;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How many pods {@code scaling.maxGPUs} leaves to each pool. Every pool keeps what its spec fixes
 * (the API admits no spec whose fixed numbers exceed the budget), then one pod goes to each that
 * may sleep, or it could never wake; what is left goes to decode first, then prefill, then encoder:
 * an answer under way is worth more than a picture in the queue. Only what nobody may ask for is
 * there for the pods that rollouts add.
 */
final class GpuBudget {
  private static final List<Role> BY_WORTH = List.of(Role.DECODE, Role.PREFILL, Role.ENCODER);

  private GpuBudget() {}

  /**
   * A pool's part of the budget.
   *
   * @param maxReplicas most pods that may be asked for
   * @param surge most pods that a rollout may add to those
   */
  record Share(int maxReplicas, int surge) {
    /** The rollout as it was written, or the nearest one that fits. */
    @Nullable Rollout within(@Nullable Rollout written) {
      Rollout rollout = written == null ? Rollout.DEFAULT : written;
      if (podsOf(rollout.maxSurgeOrDefault(), maxReplicas) <= surge) {
        return written;
      }
      boolean stuck = surge == 0 && podsOf(rollout.maxUnavailableOrDefault(), 100) == 0;
      return new Rollout(
          new IntOrString(surge), stuck ? new IntOrString(1) : rollout.maxUnavailableOrDefault());
    }
  }

  /** Shares by role; roles without a bound are absent. */
  static Map<Role, Share> shares(EPDClusterSpec spec, Map<Role, EPDPool> pools) {
    Scaling scaling = spec.scaling();
    Map<Role, Share> shares = new EnumMap<>(Role.class);
    if (scaling == null || scaling.maxGPUs() == null) {
      return shares;
    }
    List<Role> holders = BY_WORTH.stream().filter(role -> gpus(spec, role) > 0).toList();
    int free = scaling.maxGPUs();
    for (Role role : holders) {
      free -= floor(spec, role) * gpus(spec, role);
    }
    Map<Role, Integer> sure = new EnumMap<>(Role.class);
    for (Role role : holders) {
      boolean wakes = floor(spec, role) == 0 && mayAsk(spec, role, pools) > 0;
      boolean fits = wakes && gpus(spec, role) <= free;
      sure.put(role, fits ? 1 : floor(spec, role));
      free -= fits ? gpus(spec, role) : 0;
    }
    Map<Role, Integer> limits = new EnumMap<>(Role.class);
    for (Role role : holders) {
      int own = sure.getOrDefault(role, 0);
      int limit = own + Math.max(0, free) / gpus(spec, role);
      limits.put(role, limit);
      int beyond = Math.min(limit, mayAsk(spec, role, pools)) - own;
      free -= Math.max(0, beyond) * gpus(spec, role);
    }
    for (Role role : holders) {
      RolePool pool = Objects.requireNonNull(spec.pool(role));
      Rollout rollout = pool.rollout() == null ? Rollout.DEFAULT : pool.rollout();
      int limit = limits.getOrDefault(role, 0);
      int surge =
          Math.min(
              podsOf(rollout.maxSurgeOrDefault(), limit), Math.max(0, free) / gpus(spec, role));
      free -= surge * gpus(spec, role);
      shares.put(role, new Share(limit, surge));
    }
    return shares;
  }

  private static int gpus(EPDClusterSpec spec, Role role) {
    RolePool pool = spec.pool(role);
    return pool == null || pool.resources() == null ? 0 : pool.resources().gpuCount();
  }

  /** What the pool has in any case. */
  private static int floor(EPDClusterSpec spec, Role role) {
    RolePool pool = spec.pool(role);
    if (pool == null) {
      return 0;
    }
    if (pool.replicas() != null) {
      return pool.replicas();
    }
    return pool.autoscaling() == null ? 1 : pool.autoscaling().minOrDefault();
  }

  /**
   * What may be asked for at any moment: the autoscaler's maximum, or the number that stands. Who
   * scales a pool in the autoscaler's place, under a policy that only recommends, is not bound by
   * it.
   */
  private static int mayAsk(EPDClusterSpec spec, Role role, Map<Role, EPDPool> pools) {
    RolePool options = Objects.requireNonNull(spec.pool(role));
    if (options.replicas() != null) {
      return options.replicas();
    }
    EPDPool pool = pools.get(role);
    if (options.autoscaling() != null) {
      int max = options.autoscaling().maxReplicas();
      return pool != null && pool.getSpec().replicasOwner() == ReplicasOwner.External
          ? Math.max(max, pool.getSpec().replicasOrDefault())
          : max;
    }
    return pool == null ? floor(spec, role) : pool.getSpec().replicasOrDefault();
  }

  /** As Deployments round a surge: up. */
  private static int podsOf(IntOrString amount, int of) {
    if (amount.getIntVal() != null) {
      return amount.getIntVal();
    }
    int percent = Integer.parseInt(amount.getStrVal().replace("%", ""));
    return Math.ceilDiv(percent * of, 100);
  }
}

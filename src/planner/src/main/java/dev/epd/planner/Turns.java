package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.PoolGateway;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolloutStrategy;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which pools must keep the pods they have for now. A pool that is held gets its new numbers, but
 * not yet what its new pods would be made of: it scales and heals with the old.
 *
 * <p>Within a key one role is rolled at a time. A role that is being rolled takes whatever the spec
 * says now, so a bad spec can always be corrected; the others wait until it has been rolled. Hence
 * somebody may always move: a role under way, or else the first one that differs.
 *
 * <p>A gateway that loses a role is told at once; one that gains a role when that has its pods: a
 * gateway sends what is the role's to nobody else.
 */
final class Turns {
  /** Least harm first: a broken encoder costs pictures only. */
  private static final List<Role> ORDER =
      List.of(Role.ENCODER, Role.PREFILL, Role.DECODE, Role.GATEWAY);

  /** On a pool: the revision of what its pods were last told to be, as this operator renders it. */
  static final String TOLD = "epd.dev/told-revision";

  private Turns() {}

  /** Takes from the pools that are held what their new pods would be made of; says which, why. */
  static Map<Role, Problem> hold(
      EPDCluster cluster, Map<Role, EPDPool> existing, List<PoolApply> pools) {
    Map<Role, EPDPoolSpec> desired = new EnumMap<>(Role.class);
    pools.forEach(p -> desired.put(p.desired().getSpec().role(), p.desired().getSpec()));
    Map<Role, Problem> held = held(cluster, existing, desired);
    for (PoolApply apply : pools) {
      EPDPool pool = apply.desired();
      Role role = pool.getSpec().role();
      EPDPool before = held.containsKey(role) ? existing.get(role) : null;
      String told = before == null ? Revisions.hash(pool) : told(before);
      if (before != null) {
        pool.setSpec(pool.getSpec().withPodsOf(before.getSpec()));
      }
      if (told != null) {
        pool.getMetadata().setAnnotations(Map.of(TOLD, told));
      }
    }
    return held;
  }

  /**
   * The roles that are held, each with its reason.
   *
   * @param existing the cluster's own pools
   * @param desired what the cluster's spec asks of each pool
   */
  static Map<Role, Problem> held(
      EPDCluster cluster, Map<Role, EPDPool> existing, Map<Role, EPDPoolSpec> desired) {
    Map<Role, Problem> held = new EnumMap<>(Role.class);
    List<Role> differing =
        ORDER.stream()
            .filter(role -> existing.containsKey(role) && desired.containsKey(role))
            .filter(role -> differs(existing.get(role), desired.get(role)))
            .toList();
    if (cluster.getSpec().rolloutOrDefault().isPaused()) {
      differing.forEach(
          role -> held.put(role, new Problem(Reason.RolloutPaused, Reason.RolloutPaused.help())));
      return held;
    }
    boolean newKey =
        differing.stream().anyMatch(role -> keyDiffers(existing.get(role), desired.get(role)));
    if (newKey) {
      return held;
    }
    if (differing.contains(Role.GATEWAY)) {
      comingTo(existing.get(Role.GATEWAY), desired.get(Role.GATEWAY))
          .filter(role -> !existing.containsKey(role) || isUnderWay(existing.get(role)))
          .findFirst()
          .ifPresent(role -> held.put(Role.GATEWAY, waitsForPods(role)));
    }
    RolloutStrategy strategy = cluster.getSpec().rolloutOrDefault().strategyOrDefault();
    if (strategy == RolloutStrategy.Independent) {
      return held;
    }
    List<Role> busy =
        ORDER.stream()
            .filter(role -> desired.containsKey(role) && isBusy(existing.get(role)))
            .toList();
    for (Role role : differing) {
      EPDPool pool = existing.get(role);
      boolean isNext = busy.isEmpty() && role == differing.getFirst();
      if (!isNext
          && !isUnderWay(pool)
          && !held.containsKey(role)
          && !changesTopology(pool, desired.get(role))) {
        Role first = busy.isEmpty() ? differing.getFirst() : busy.getFirst();
        held.put(
            role,
            new Problem(
                Reason.WaitingForTurn,
                "%s waits until %s has been rolled".formatted(role.value(), first.value())));
      }
    }
    return held;
  }

  /**
   * Whether a role must do without a pool for now. In a paused cluster nothing of another key
   * starts beside what runs, and a gateway that does not know the role would send it nothing. A
   * cluster that is made paused gets all its pods: its gateway knows them from the start.
   */
  static boolean mayNotCome(EPDCluster cluster, Map<Role, EPDPool> existing, EPDPoolSpec wanted) {
    if (!cluster.getSpec().rolloutOrDefault().isPaused() || existing.containsKey(wanted.role())) {
      return false;
    }
    EPDPool gateway = existing.get(Role.GATEWAY);
    boolean isUnknown =
        gateway != null
            && gateway.getSpec().gateway() != null
            && !gateway.getSpec().gateway().topology().contains(wanted.role());
    return isUnknown || existing.values().stream().anyMatch(pool -> keyDiffers(pool, wanted));
  }

  private static boolean differs(@Nullable EPDPool pool, @Nullable EPDPoolSpec wanted) {
    return pool != null && wanted != null && !Revisions.hash(wanted).equals(told(pool));
  }

  /** Absent on a pool that an operator without turns made: it is told anew. */
  static @Nullable String told(EPDPool pool) {
    Map<String, String> annotations = pool.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(TOLD);
  }

  private static boolean keyDiffers(@Nullable EPDPool pool, @Nullable EPDPoolSpec wanted) {
    return pool != null
        && wanted != null
        && !CompatibilityKey.of(pool.getSpec()).equals(CompatibilityKey.of(wanted));
  }

  private static Problem waitsForPods(Role role) {
    return new Problem(
        Reason.WaitingForTurn,
        "gateway does without %1$s until %1$s has its pods".formatted(role.value()));
  }

  /** The stages that a gateway does not know yet. */
  private static Stream<Role> comingTo(@Nullable EPDPool pool, @Nullable EPDPoolSpec wanted) {
    PoolGateway knows = pool == null ? null : pool.getSpec().gateway();
    PoolGateway learns = wanted == null ? null : wanted.gateway();
    return knows == null || learns == null
        ? Stream.empty()
        : learns.topology().stream().filter(role -> !knows.topology().contains(role));
  }

  /** A gateway must not count on a stage that goes, nor do without one whose pods are there. */
  private static boolean changesTopology(@Nullable EPDPool pool, @Nullable EPDPoolSpec wanted) {
    return pool != null
        && wanted != null
        && pool.getSpec().gateway() != null
        && wanted.gateway() != null
        && !pool.getSpec().gateway().topology().equals(wanted.gateway().topology());
  }

  /** Not all of the pool's pods are known to be of what it was last told. */
  static boolean isUnderWay(@Nullable EPDPool pool) {
    return pool != null
        && (pool.getStatus() == null
            || !Objects.equals(pool.getStatus().revision(), Revisions.hash(pool)));
  }

  /** Also while a pool has not looked at its newest spec: it may be about to roll. */
  private static boolean isBusy(@Nullable EPDPool pool) {
    EPDPoolStatus status = pool == null ? null : pool.getStatus();
    return isUnderWay(pool)
        || (pool != null && status != null && ClusterStatusPlanner.isStale(pool, status));
  }
}

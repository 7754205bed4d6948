package dev.epd.planner;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The status of what has a spec that cannot be read: what it was before, and not ready. All it has
 * made stays as it is, and so does what is known of it.
 */
public final class UnreadableStatus {
  private UnreadableStatus() {}

  /** The pool controller's part of a pool's status. */
  public static EPDPoolStatus of(EPDPool pool, String why, InstantSource clock) {
    EPDPoolStatus before = pool.getStatus();
    List<Condition> had = before == null ? List.of() : before.conditions();
    List<Condition> conditions =
        notReady(had, new ConditionFactory(clock, had, pool.getMetadata().getGeneration()), why);
    conditions.removeIf(c -> c.type().equals(ConditionType.AutoscalingActive.name()));
    return before == null
        ? new EPDPoolStatus(null, null, null, null, null, conditions, null, null, List.of())
        : new EPDPoolStatus(
            before.observedGeneration(),
            before.replicas(),
            before.readyReplicas(),
            before.drainingReplicas(),
            before.selector(),
            conditions,
            before.revision(),
            before.compatibilityKeys(),
            before.readyKeys(),
            null,
            null,
            List.of());
  }

  /** A cluster's status. */
  public static EPDClusterStatus of(EPDCluster cluster, String why, InstantSource clock) {
    EPDClusterStatus before = cluster.getStatus();
    List<Condition> had = before == null ? List.of() : before.conditions();
    List<Condition> conditions =
        notReady(had, new ConditionFactory(clock, had, cluster.getMetadata().getGeneration()), why);
    return before == null
        ? new EPDClusterStatus(null, null, conditions, List.of())
        : new EPDClusterStatus(
            before.observedGeneration(),
            before.topology(),
            conditions,
            before.pools(),
            before.revision());
  }

  private static List<Condition> notReady(List<Condition> had, ConditionFactory now, String why) {
    Condition ready = now.of(ConditionType.Ready, Status.False, Reason.SpecInvalid, why);
    List<Condition> all = new ArrayList<>(had);
    all.replaceAll(c -> c.type().equals(ready.type()) ? ready : c);
    if (!all.contains(ready)) {
      all.addFirst(ready);
    }
    return all;
  }
}

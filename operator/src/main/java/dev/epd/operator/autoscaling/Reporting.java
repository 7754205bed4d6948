package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScaleStep;
import dev.epd.api.v1alpha1.ScalerMemory;
import dev.epd.api.v1alpha1.ScalingMode;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.Limit;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When the pool's status is worth a write: the decision changed something, the recommendation is
 * another one, or the reason, or what holds the decision, has been another one for {@value #LOOKS}
 * looks. One look with a lost packet is no news.
 */
final class Reporting {
  private static final int LOOKS = 3;

  private @Nullable Reported last;
  private @Nullable Why current;
  private int looks;

  /** What the status says. */
  private record Reported(Why why, int to, ScalingMode mode, List<ScaleStep> steps) {}

  /** Why a decision came out as it did. */
  private record Why(dev.epd.autoscaler.Reason reason, Limit limit, @Nullable String by) {
    static Why of(Decision decision) {
      return new Why(decision.reason(), decision.limitedBy(), decision.by());
    }
  }

  /** Takes note of a decision; true when it is to be written. */
  boolean isNews(Decision decision, ScalingMode mode) {
    Why why = Why.of(decision);
    looks = why.equals(current) ? looks + 1 : 1;
    current = why;
    return last == null
        || last.mode() != mode
        || isAction(decision, mode)
        || (!why.equals(last.why()) && looks >= LOOKS);
  }

  /** Whether the number changes, or the one that is recommended. */
  boolean isAction(Decision decision, ScalingMode mode) {
    return switch (mode) {
      case Auto -> decision.changes();
      case Recommend ->
          last == null || last.mode() != mode ? decision.changes() : decision.to() != last.to();
      case Off -> false;
    };
  }

  /** The decision has been written. */
  void written(Decision decision, ScalingMode mode, EPDPoolStatus status) {
    last = new Reported(Why.of(decision), decision.to(), mode, status.decisions());
  }

  /** The autoscaler's whole part of the pool's status. */
  EPDPoolStatus status(EPDPool pool, Decision decision, ScalingMode mode, Instant now) {
    ScaleDecision record = Mapping.record(decision, mode, now);
    Learned learned = decision.memory().lasting();
    ScalerMemory memory =
        new ScalerMemory(
            seconds(learned.starts().usual()),
            seconds(learned.starts().slow()),
            learned.knowsRate() ? learned.patchesPerSecond() : null,
            learned.knowsRate() ? learned.overheadPatches() : null);
    return EPDPoolStatus.ofAutoscaler(
        condition(pool, decision, mode, now), record, memory, with(record.step(), pool));
  }

  private static @Nullable Double seconds(@Nullable Duration time) {
    return time == null ? null : time.toMillis() / 1000.0;
  }

  private List<ScaleStep> with(ScaleStep step, EPDPool pool) {
    EPDPoolStatus before = pool.getStatus();
    // Our own last write may not have come back yet.
    List<ScaleStep> earlier =
        last != null ? last.steps() : before == null ? List.of() : before.decisions();
    // A pool that only waits changes its reasons often: of such steps in a row the last one stays.
    boolean replaces =
        !earlier.isEmpty()
            && isQuiet(step)
            && isQuiet(earlier.getFirst())
            && step.mode() == earlier.getFirst().mode();
    List<ScaleStep> kept = replaces ? earlier.subList(1, earlier.size()) : earlier;
    List<ScaleStep> steps = new ArrayList<>();
    steps.add(step);
    steps.addAll(kept.subList(0, Math.min(kept.size(), EPDPoolStatus.DECISIONS - 1)));
    return steps;
  }

  private static boolean isQuiet(ScaleStep step) {
    return step.from() == step.to();
  }

  /** The same when the policy that the pool names cannot be followed: nothing is decided. */
  static EPDPoolStatus undecided(EPDPool pool, Reason reason, String message, Instant now) {
    EPDPoolStatus before = pool.getStatus();
    ScaleDecision last = before == null ? null : before.lastDecision();
    // Where another hand has set the number since, the last decision is nothing to put back to.
    boolean stands = last != null && last.to() == pool.getSpec().replicasOrDefault();
    return EPDPoolStatus.ofAutoscaler(
        condition(pool, Status.False, reason, message, now),
        stands ? last : null,
        before == null ? null : before.scaler(),
        before == null ? List.of() : before.decisions());
  }

  private static Condition condition(
      EPDPool pool, Decision decision, ScalingMode mode, Instant now) {
    if (mode == ScalingMode.Off) {
      return condition(pool, Status.False, Reason.AutoscalingOff, decision.sentence(), now);
    }
    if (decision.reason().isDataProblem()) {
      return condition(pool, Status.False, Reason.MetricsMissing, decision.sentence(), now);
    }
    return mode == ScalingMode.Recommend
        ? condition(pool, Status.False, Reason.Recommending, decision.sentence(), now)
        : condition(pool, Status.True, Reason.Scaling, decision.sentence(), now);
  }

  private static Condition condition(
      EPDPool pool, Status status, Reason reason, String message, Instant now) {
    String type = ConditionType.AutoscalingActive.name();
    EPDPoolStatus before = pool.getStatus();
    String since =
        (before == null ? List.<Condition>of() : before.conditions())
            .stream()
                .filter(c -> c.type().equals(type) && c.status() == status)
                .map(Condition::lastTransitionTime)
                .findFirst()
                .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new Condition(
        type, status, pool.getMetadata().getGeneration(), since, reason.name(), message);
  }
}

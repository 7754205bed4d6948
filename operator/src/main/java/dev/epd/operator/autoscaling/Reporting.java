package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScalerMemory;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When the pool's status is worth a write: the decision changed something, or its reason has been
 * another one for {@value #LOOKS} looks. One look with a lost packet is no news.
 */
final class Reporting {
  private static final int LOOKS = 3;

  private dev.epd.autoscaler.@Nullable Reason reported;
  private dev.epd.autoscaler.@Nullable Reason current;
  private int looks;

  /** Takes note of a decision; true when it is to be written. */
  boolean isNews(Decision decision) {
    looks = decision.reason() == current ? looks + 1 : 1;
    current = decision.reason();
    boolean first = reported == null;
    return decision.changes() || first || (current != reported && looks >= LOOKS);
  }

  /** The decision has been written. */
  void written(Decision decision) {
    reported = decision.reason();
  }

  /** The autoscaler's whole part of the pool's status. */
  static EPDPoolStatus status(EPDPool pool, Decision decision, Instant now) {
    ScaleDecision record = Mapping.record(decision, now);
    Learned learned = decision.memory().learned();
    Duration startup = learned.startup();
    ScalerMemory memory =
        new ScalerMemory(
            startup == null ? null : startup.toMillis() / 1000.0,
            learned.knowsRate() ? learned.patchesPerSecond() : null);
    return EPDPoolStatus.ofAutoscaler(condition(pool, decision, now), record, memory);
  }

  /** The same when the policy that the pool names does not exist: nothing is decided. */
  static EPDPoolStatus policyMissing(EPDPool pool, String policy, Instant now) {
    EPDPoolStatus before = pool.getStatus();
    return EPDPoolStatus.ofAutoscaler(
        condition(
            pool,
            Status.False,
            Reason.PolicyMissing,
            "EPDAutoscalingPolicy " + policy + " does not exist in this namespace: create it",
            now),
        before == null ? null : before.lastDecision(),
        before == null ? null : before.scaler());
  }

  private static Condition condition(EPDPool pool, Decision decision, Instant now) {
    if (decision.reason() == dev.epd.autoscaler.Reason.OFF) {
      return condition(pool, Status.False, Reason.AutoscalingOff, decision.sentence(), now);
    }
    if (decision.reason().isDataProblem()) {
      return condition(pool, Status.False, Reason.MetricsMissing, decision.sentence(), now);
    }
    return condition(pool, Status.True, Reason.Scaling, decision.sentence(), now);
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

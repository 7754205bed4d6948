package dev.epd.planner;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.RolloutStrategy;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pool's condition Progressing. How long a roll has made no progress is the Deployment's to say:
 * it keeps that time itself, and starts it anew with each pod that gets ready.
 */
final class PoolProgress {
  private static final Set<Reason> STOPPED =
      Set.of(
          Reason.StartupTimeout,
          Reason.Suspended,
          Reason.SpecInvalid,
          Reason.ObjectRefused,
          Reason.RolloutPaused);

  private PoolProgress() {}

  /** True until every pod is of the current spec and ready, or the time for it is over. */
  static Condition condition(
      PoolObservation seen,
      Condition ready,
      List<Deployment> own,
      @Nullable Deployment current,
      ConditionFactory factory) {
    ConditionType type = ConditionType.Progressing;
    Reason reason = Reason.valueOf(ready.reason());
    Optional<String> complaint = Endings.complaint(seen);
    if (ready.status() == Status.True && reason != Reason.PoolResizing) {
      return complaint
          .map(pods -> factory.of(type, Status.False, Reason.PodNotEnding, pods))
          .orElseGet(
              () ->
                  factory.of(
                      type, Status.False, Reason.RolloutComplete, Reason.RolloutComplete.help()));
    }
    EPDPoolSpec spec = seen.pool().getSpec();
    String message =
        complaint.map(pods -> pods + "; ").orElse("") + ready.message() + advice(reason, spec, own);
    if (DeploymentState.isStuck(current) && reason != Reason.Suspended) {
      return factory.of(
          type,
          Status.False,
          Reason.ProgressDeadlineExceeded,
          "no progress within %ds: %s"
              .formatted(PoolPlanner.progressDeadlineSeconds(spec), message));
    }
    return STOPPED.contains(reason)
        ? factory.named(type, Status.False, ready.reason(), message)
        : factory.of(type, Status.True, Reason.RolloutInProgress, message);
  }

  /** The way out where pods find no room because those that they replace hold it. */
  private static String advice(Reason reason, EPDPoolSpec spec, List<Deployment> own) {
    if (reason != Reason.Unschedulable && reason != Reason.QuotaExceeded) {
      return "";
    }
    RolloutStrategy strategy = spec.clusterRolloutOrDefault().strategyOrDefault();
    if (own.size() > 1 && strategy != RolloutStrategy.Recreate) {
      return " If there is no room for a second set, set spec.rollout.strategy of EPDCluster "
          + spec.clusterRef().name()
          + " to Recreate: the old set finishes its requests and leaves first.";
    }
    boolean surges = own.stream().anyMatch(PoolProgress::isBeyondItsNumber);
    return surges
        ? " If there is no room for one more pod, set rollout.maxSurge 0 and maxUnavailable 1 of "
            + spec.role().value()
            + "."
        : "";
  }

  private static boolean isBeyondItsNumber(Deployment deployment) {
    return deployment.getStatus() != null
        && deployment.getSpec().getReplicas() != null
        && DeploymentState.orZero(deployment.getStatus().getReplicas())
            > deployment.getSpec().getReplicas();
  }
}

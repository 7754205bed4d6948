package dev.epd.planner;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a Deployment's status says of its roll. */
final class DeploymentState {
  private DeploymentState() {}

  /** The Deployment's controller has seen its current spec. */
  static boolean isFresh(Deployment deployment) {
    Long generation = deployment.getMetadata().getGeneration();
    Long observed =
        deployment.getStatus() == null ? null : deployment.getStatus().getObservedGeneration();
    return generation == null || (observed != null && observed >= generation);
  }

  static int ready(Deployment deployment) {
    DeploymentStatus status = deployment.getStatus();
    return status == null ? 0 : orZero(status.getReadyReplicas());
  }

  /**
   * The current template was once rolled out to the last pod. The Deployment remembers: a pod that
   * is lost later, or a scaling that finds no node, makes no roll of it.
   */
  static boolean isRolled(Deployment deployment) {
    DeploymentStatus status = deployment.getStatus();
    return status != null
        && isFresh(deployment)
        && orZero(status.getReplicas()) <= orZero(status.getUpdatedReplicas())
        && progressing(deployment)
            .filter(c -> "NewReplicaSetAvailable".equals(c.getReason()))
            .isPresent();
  }

  /** The roll made no progress for {@code progressDeadlineSeconds}. */
  static boolean isStuck(@Nullable Deployment deployment) {
    return deployment != null
        && progressing(deployment).filter(c -> "False".equals(c.getStatus())).isPresent();
  }

  /**
   * Pods of the current template are still to be made. That pods were refused stays in its status
   * for a while after the template that was refused is gone.
   */
  static boolean lacksPods(Deployment deployment) {
    DeploymentStatus status = deployment.getStatus();
    return status == null || orZero(status.getUpdatedReplicas()) < number(deployment);
  }

  /** Since when pods can't be made; null: nobody refuses any. */
  static @Nullable Instant refusedSince(Deployment deployment) {
    return condition(deployment, "ReplicaFailure")
        .filter(c -> "True".equals(c.getStatus()))
        .map(DeploymentCondition::getLastTransitionTime)
        .map(Instant::parse)
        .orElse(null);
  }

  private static Optional<DeploymentCondition> progressing(Deployment deployment) {
    return condition(deployment, "Progressing");
  }

  private static Optional<DeploymentCondition> condition(Deployment deployment, String type) {
    DeploymentStatus status = deployment.getStatus();
    return status == null
        ? Optional.empty()
        : status.getConditions().stream().filter(c -> type.equals(c.getType())).findAny();
  }

  /** How many pods it is to have. */
  static int number(Deployment deployment) {
    Integer replicas = deployment.getSpec().getReplicas();
    return replicas == null ? 1 : replicas;
  }

  static int orZero(@Nullable Integer n) {
    return n == null ? 0 : n;
  }
}

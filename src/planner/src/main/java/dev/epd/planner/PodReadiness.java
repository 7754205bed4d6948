package dev.epd.planner;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a pod's own conditions say of it. */
final class PodReadiness {
  private PodReadiness() {}

  static boolean isReady(Pod pod) {
    return condition(pod, "Ready").filter(c -> "True".equals(c.getStatus())).isPresent();
  }

  /** Null for a pod that is ready. One that was never so is not since it was made. */
  static @Nullable Instant notReadySince(Pod pod) {
    if (isReady(pod)) {
      return null;
    }
    @Nullable String since =
        condition(pod, "Ready")
            .map(PodCondition::getLastTransitionTime)
            .orElse(pod.getMetadata().getCreationTimestamp());
    return since == null ? null : Instant.parse(since);
  }

  static Optional<PodCondition> condition(Pod pod, String type) {
    return pod.getStatus() == null
        ? Optional.empty()
        : pod.getStatus().getConditions().stream().filter(c -> type.equals(c.getType())).findAny();
  }
}

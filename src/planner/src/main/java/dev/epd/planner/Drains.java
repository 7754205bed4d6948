package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Objects;
import java.util.Optional;

/** How pods that were told to stop have ended. */
public final class Drains {
  /** 128 and the number of SIGKILL. */
  private static final int KILLED = 137;

  private Drains() {}

  /** What to tell of a pod that is gone, as it was last seen: only if its drain was cut short. */
  public static Optional<Notice> cutShort(Pod pod, EPDPool pool) {
    if (!wasCutShort(pod)) {
      return Optional.empty();
    }
    EPDPoolSpec spec = pool.getSpec();
    return Optional.of(
        Notice.warning(
            Reason.DrainCutShort,
            ("pod %s was killed with work unfinished: its grace period of %ds was over. Raise"
                    + " spec.%s.drain.timeout of EPDCluster %s, now %ds")
                .formatted(
                    pod.getMetadata().getName(),
                    pod.getMetadata().getDeletionGracePeriodSeconds(),
                    spec.role().value(),
                    spec.clusterRef().name(),
                    spec.drainOrDefault().timeoutOrDefault().toSeconds())));
  }

  /** Killed, not for want of memory, after it had been told to stop. */
  private static boolean wasCutShort(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() != null
        && pod.getStatus() != null
        && pod.getStatus().getContainerStatuses().stream()
            .filter(status -> PodTemplates.MAIN.equals(status.getName()))
            .map(status -> status.getState() == null ? null : status.getState().getTerminated())
            .filter(Objects::nonNull)
            .anyMatch(Drains::isKill);
  }

  private static boolean isKill(ContainerStateTerminated end) {
    return Objects.equals(end.getExitCode(), KILLED) && !"OOMKilled".equals(end.getReason());
  }
}

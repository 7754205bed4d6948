package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import java.util.stream.Stream;

/** How pods that were told to stop have ended. */
public final class Drains {
  /** 128 and the number of SIGKILL. */
  private static final int KILLED = 137;

  /** The runtime's exit code when work is left at the end of its drain timeout. */
  public static final int WORK_LEFT = 4;

  private Drains() {}

  /** What to tell of a pod that is gone, as it was last seen: only if its drain was cut short. */
  public static Optional<Notice> cutShort(Pod pod, EPDPool pool) {
    if (pod.getMetadata().getDeletionTimestamp() == null || pod.getStatus() == null) {
      return Optional.empty();
    }
    EPDPoolSpec spec = pool.getSpec();
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> PodTemplates.MAIN.equals(status.getName()))
        .flatMap(status -> Stream.ofNullable(status.getState()))
        .flatMap(state -> Stream.ofNullable(state.getTerminated()))
        .flatMap(end -> howItWasCut(end, pod).stream())
        .findFirst()
        .map(
            how ->
                Notice.warning(
                    Reason.DrainCutShort,
                    "pod %s %s. Raise spec.%s.drain.timeout of EPDCluster %s, now %ds"
                        .formatted(
                            pod.getMetadata().getName(),
                            how,
                            spec.role().value(),
                            spec.clusterRef().name(),
                            spec.drainOrDefault().timeoutOrDefault().toSeconds())));
  }

  /** Killed, not for want of memory, or ended by itself when its own time was over. */
  private static Optional<String> howItWasCut(ContainerStateTerminated end, Pod pod) {
    return switch (end.getExitCode()) {
      case KILLED ->
          "OOMKilled".equals(end.getReason())
              ? Optional.empty()
              : Optional.of(
                  "was killed with work unfinished: its grace period of %ds was over"
                      .formatted(pod.getMetadata().getDeletionGracePeriodSeconds()));
      case WORK_LEFT ->
          Optional.of("ended with work unfinished: the time that it has to drain was over");
      case null, default -> Optional.empty();
    };
  }
}

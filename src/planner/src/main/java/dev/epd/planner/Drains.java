package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How pods that were told to stop have ended. */
public final class Drains {
  /** 128 and the number of SIGKILL. */
  private static final int KILLED = 137;

  /** The runtime's exit code when work is left at the end of its drain timeout. */
  public static final int WORK_LEFT = 4;

  /** Kubernetes' times are whole seconds. */
  private static final Duration ROUNDED = Duration.ofSeconds(1);

  private static final String EMPTY_FIRST =
      "Its pool was deleted; a cluster that is emptied by spec.suspend first loses nothing";

  private Drains() {}

  /**
   * What to tell of a pod that is gone, as it was last seen: only if its drain was cut short.
   *
   * @param pool null when it went before its pod
   */
  public static Optional<Notice> cutShort(Pod pod, @Nullable EPDPool pool) {
    if (pod.getMetadata().getDeletionTimestamp() == null || pod.getStatus() == null) {
      return Optional.empty();
    }
    Instant told = toldToStop(pod);
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> PodTemplates.MAIN.equals(status.getName()))
        .flatMap(status -> Stream.ofNullable(status.getState()))
        .flatMap(state -> Stream.ofNullable(state.getTerminated()))
        .filter(end -> end.getFinishedAt() != null)
        .filter(end -> !Instant.parse(end.getFinishedAt()).isBefore(told))
        .flatMap(end -> howItWasCut(end).stream())
        .findFirst()
        .map(
            how ->
                Notice.warning(
                    Reason.DrainCutShort,
                    "pod %s %s. %s"
                        .formatted(
                            pod.getMetadata().getName(),
                            how,
                            pool == null ? EMPTY_FIRST : raise(pool.getSpec()))));
  }

  /** A pod that had failed before, say evicted, had no drain that could be cut short. */
  private static Instant toldToStop(Pod pod) {
    Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
    return Instant.parse(pod.getMetadata().getDeletionTimestamp())
        .minusSeconds(grace == null ? 0 : grace)
        .minus(ROUNDED);
  }

  private static String raise(EPDPoolSpec spec) {
    return "Raise spec.%s.drain.timeout of EPDCluster %s, now %ds"
        .formatted(
            spec.role().value(),
            spec.clusterRef().name(),
            spec.drainOrDefault().timeoutOrDefault().toSeconds());
  }

  /** Killed, not for want of memory, or ended by itself when its own time was over. */
  private static Optional<String> howItWasCut(ContainerStateTerminated end) {
    return switch (end.getExitCode()) {
      case KILLED ->
          "OOMKilled".equals(end.getReason())
              ? Optional.empty()
              : Optional.of("was killed with work unfinished: its grace period was over");
      case WORK_LEFT ->
          Optional.of("ended with work unfinished: the time that it has to drain was over");
      case null, default -> Optional.empty();
    };
  }
}

package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why pods are not ready, worst first. The message keeps the words of whoever said it (scheduler,
 * kubelet, quota), because people search for them.
 */
final class PodDiagnosis {
  /** The runtime's exit code for a model that it cannot load. */
  private static final int BAD_MODEL = 3;

  /** 128 and the number of SIGTERM or SIGKILL. */
  private static final Set<Integer> STOPPED = Set.of(143, 137);

  /** The period of the startup probe, and as much for seconds that are rounded. */
  private static final Duration EARLY =
      Duration.ofSeconds(2L * MainContainer.STARTUP_PERIOD_SECONDS);

  /** How long ago a pod may have failed to explain what is not ready now. */
  private static final Duration LATELY = Duration.ofMinutes(10);

  /** How the runtime begins the last line of its log when it gives up. */
  private static final String SAYS_WHY = "cannot start: ";

  private PodDiagnosis() {}

  /** A reason and its sentence. */
  record Finding(Reason reason, String message) {}

  static Optional<Finding> of(PoolObservation seen, @Nullable Deployment deployment) {
    Comparator<Finding> worstFirst = Comparator.comparingInt(f -> severity(f.reason()));
    return Stream.concat(
            seen.pods().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .map(
                    pod ->
                        PoolStatusPlanner.isAlive(pod)
                            ? ofPod(pod, seen, deployment)
                            : ofFailed(pod, seen)),
            Stream.of(ofDeployment(deployment)))
        .filter(Objects::nonNull)
        // Names break the tie, so that the message does not flap between equals.
        .min(worstFirst.thenComparing(Finding::message));
  }

  private static int severity(Reason reason) {
    return switch (reason) {
      case ContainerConfigInvalid -> 0;
      case ImagePullFailed -> 1;
      case ModelLoadFailed, ModelFetchFailed -> 2;
      case CrashLooping, PodEvicted -> 3;
      case QuotaExceeded -> 4;
      case PodsNotCreated -> 5;
      case Unschedulable -> 6;
      case StartupTimeout -> 7;
      default -> 8;
    };
  }

  /**
   * Failed pods stay until somebody cleans up, and others start in place of them: one explains why
   * a pool is not ready only if it failed lately and no pod that is younger is ready.
   */
  private static @Nullable Finding ofFailed(Pod pod, PoolObservation seen) {
    String why = pod.getStatus().getReason();
    boolean lately =
        Stream.concat(
                Stream.of(pod.getMetadata().getCreationTimestamp()),
                pod.getStatus().getConditions().stream().map(PodCondition::getLastTransitionTime))
            .filter(Objects::nonNull)
            .anyMatch(time -> !Instant.parse(time).plus(LATELY).isBefore(seen.now()));
    boolean isReplaced =
        seen.pods().stream()
            .filter(other -> PoolStatusPlanner.isAlive(other) && PodReadiness.isReady(other))
            .anyMatch(other -> created(other).isAfter(created(pod)));
    return why == null || !lately || isReplaced
        ? null
        : found(Reason.PodEvicted, pod, why + ": " + orEmpty(pod.getStatus().getMessage()));
  }

  private static Instant created(Pod pod) {
    String time = pod.getMetadata().getCreationTimestamp();
    return time == null ? Instant.MIN : Instant.parse(time);
  }

  private static @Nullable Finding ofPod(
      Pod pod, PoolObservation seen, @Nullable Deployment deployment) {
    if (pod.getStatus() == null) {
      return null;
    }
    for (var condition : pod.getStatus().getConditions()) {
      if (condition.getType().equals("PodScheduled")
          && condition.getStatus().equals("False")
          && "Unschedulable".equals(condition.getReason())) {
        return found(Reason.Unschedulable, pod, condition.getMessage());
      }
    }
    return Stream.concat(
            pod.getStatus().getInitContainerStatuses().stream(),
            pod.getStatus().getContainerStatuses().stream())
        .map(status -> ofContainer(pod, status, seen.pool().getSpec()))
        .filter(Objects::nonNull)
        .findFirst()
        .or(
            () ->
                UnmountedVolumes.complaint(pod, deployment, seen.now())
                    .map(text -> found(Reason.ContainerConfigInvalid, pod, text)))
        .orElse(null);
  }

  private static @Nullable Finding ofContainer(Pod pod, ContainerStatus status, EPDPoolSpec spec) {
    ContainerState state = status.getState();
    if (state == null || Boolean.TRUE.equals(status.getReady())) {
      return null;
    }
    ContainerStateTerminated end = lastEnd(status);
    if (end != null && Objects.equals(end.getExitCode(), BAD_MODEL)) {
      if (PodTemplates.MAIN.equals(status.getName())) {
        return found(Reason.ModelLoadFailed, pod, lastWords(end));
      }
      if (ModelFetch.CONTAINER.equals(status.getName())) {
        return found(Reason.ModelFetchFailed, pod, lastWords(end));
      }
    }
    Duration timeout = spec.startupOrDefault().timeoutOrDefault();
    if (end != null
        && PodTemplates.MAIN.equals(status.getName())
        && wasTooSlow(pod, end, timeout)) {
      return found(
          Reason.StartupTimeout,
          pod,
          "its container was not ready within startup.timeout of %ds and was started again"
              .formatted(timeout.toSeconds()));
    }
    if (state.getWaiting() == null || state.getWaiting().getReason() == null) {
      return null;
    }
    String message = state.getWaiting().getMessage();
    return switch (state.getWaiting().getReason()) {
      case "ErrImagePull",
          "ImagePullBackOff",
          "InvalidImageName",
          "ErrImageNeverPull",
          "ImageInspectError",
          "RegistryUnavailable",
          "SignatureValidationFailed" ->
          found(Reason.ImagePullFailed, pod, status.getImage() + ": " + orEmpty(message));
      case "CreateContainerConfigError",
          "CreateContainerError",
          "RunContainerError",
          "PreCreateHookError",
          "PreStartHookError",
          "PostStartHookError" ->
          found(Reason.ContainerConfigInvalid, pod, message);
      case "CrashLoopBackOff" ->
          end != null && neverRan(end)
              ? found(Reason.ContainerConfigInvalid, pod, end.getMessage())
              : found(Reason.CrashLooping, pod, lastExit(end));
      default -> null;
    };
  }

  /**
   * Killed by its startup probe: it was told to stop, or killed, when its time to start was over,
   * and was not ready in between. The last probe may come a little early.
   */
  private static boolean wasTooSlow(Pod pod, ContainerStateTerminated end, Duration timeout) {
    if (end.getStartedAt() == null
        || end.getFinishedAt() == null
        || "OOMKilled".equals(end.getReason())) {
      return false;
    }
    Instant start = Instant.parse(end.getStartedAt());
    @Nullable Instant notReady = PodReadiness.notReadySince(pod);
    return STOPPED.contains(end.getExitCode())
        && notReady != null
        && !notReady.isAfter(start)
        && !Instant.parse(end.getFinishedAt()).isBefore(start.plus(timeout).minus(EARLY));
  }

  /** The node's runtime could not start the program: there is no log to read. */
  private static boolean neverRan(ContainerStateTerminated end) {
    return "StartError".equals(end.getReason()) || "ContainerCannotRun".equals(end.getReason());
  }

  private static @Nullable ContainerStateTerminated lastEnd(ContainerStatus status) {
    ContainerStateTerminated now = status.getState().getTerminated();
    ContainerState last = status.getLastState();
    return now != null || last == null ? now : last.getTerminated();
  }

  private static String lastExit(@Nullable ContainerStateTerminated end) {
    String how =
        end == null
            ? "its container ends again and again"
            : "its container ended with exit code "
                + end.getExitCode()
                + (end.getMessage() == null ? "" : " (" + lastWords(end) + ")");
    return how + "; see kubectl logs --previous";
  }

  /** What the program said of itself, without the time: the same failure gives the same words. */
  private static String lastWords(ContainerStateTerminated end) {
    String text = orEmpty(end.getMessage()).strip();
    int start = text.lastIndexOf(SAYS_WHY);
    String words =
        start >= 0
            ? text.substring(start + SAYS_WHY.length())
            : text.substring(text.lastIndexOf('\n') + 1);
    return words.lines().findFirst().orElse("").strip();
  }

  private static @Nullable Finding ofDeployment(@Nullable Deployment deployment) {
    // What its controller said of a spec before is no finding: that one's pods are wanted no more.
    if (deployment == null
        || deployment.getStatus() == null
        || !DeploymentState.isFresh(deployment)) {
      return null;
    }
    for (var condition : deployment.getStatus().getConditions()) {
      if (condition.getType().equals("ReplicaFailure")
          && condition.getStatus().equals("True")
          && DeploymentState.lacksPods(deployment)) {
        String message = orEmpty(condition.getMessage());
        Reason reason =
            message.contains("exceeded quota") ? Reason.QuotaExceeded : Reason.PodsNotCreated;
        return new Finding(reason, "pods are refused: " + message);
      }
      if (condition.getType().equals("Progressing") && condition.getStatus().equals("False")) {
        return new Finding(
            Reason.StartupTimeout,
            "pods did not get ready in time: " + orEmpty(condition.getMessage()));
      }
    }
    return null;
  }

  private static Finding found(Reason reason, Pod pod, @Nullable String message) {
    return new Finding(
        reason, "pod " + pod.getMetadata().getName() + ": " + orEmpty(message).strip());
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}

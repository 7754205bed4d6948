package dev.epd.planner;

import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why pods are not ready, worst first. The message keeps the words of whoever said it (scheduler,
 * kubelet, quota), because people search for them.
 */
final class PodDiagnosis {
  /** The runtime's exit code for a model that it cannot load. */
  private static final int BAD_MODEL = 3;

  /** How the runtime begins the last line of its log when it gives up. */
  private static final String SAYS_WHY = "cannot start: ";

  private PodDiagnosis() {}

  /** A reason and its sentence. */
  record Finding(Reason reason, String message) {}

  static Optional<Finding> of(List<Pod> pods, @Nullable Deployment deployment) {
    Comparator<Finding> worstFirst = Comparator.comparingInt(f -> severity(f.reason()));
    return Stream.concat(
            pods.stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .map(PodDiagnosis::ofPod),
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
      case CrashLooping -> 3;
      case QuotaExceeded -> 4;
      case PodsNotCreated -> 5;
      case Unschedulable -> 6;
      case StartupTimeout -> 7;
      default -> 8;
    };
  }

  private static @Nullable Finding ofPod(Pod pod) {
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
        .map(status -> ofContainer(pod, status))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable Finding ofContainer(Pod pod, ContainerStatus status) {
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
    if (state.getWaiting() == null || state.getWaiting().getReason() == null) {
      return null;
    }
    String message = state.getWaiting().getMessage();
    return switch (state.getWaiting().getReason()) {
      case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
          found(Reason.ImagePullFailed, pod, status.getImage() + ": " + orEmpty(message));
      case "CreateContainerConfigError", "CreateContainerError" ->
          found(Reason.ContainerConfigInvalid, pod, message);
      case "CrashLoopBackOff" -> found(Reason.CrashLooping, pod, lastExit(end));
      default -> null;
    };
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
    if (deployment == null || deployment.getStatus() == null) {
      return null;
    }
    for (var condition : deployment.getStatus().getConditions()) {
      if (condition.getType().equals("ReplicaFailure") && condition.getStatus().equals("True")) {
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

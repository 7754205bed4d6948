package dev.epd.planner;

import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.ContainerState;
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
      case CrashLooping -> 2;
      case PodsNotCreated -> 3;
      case Unschedulable -> 4;
      case StartupTimeout -> 5;
      default -> 6;
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
    if (state == null || state.getWaiting() == null || state.getWaiting().getReason() == null) {
      return null;
    }
    String message = state.getWaiting().getMessage();
    return switch (state.getWaiting().getReason()) {
      case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
          found(Reason.ImagePullFailed, pod, status.getImage() + ": " + orEmpty(message));
      case "CreateContainerConfigError", "CreateContainerError" ->
          found(Reason.ContainerConfigInvalid, pod, message);
      case "CrashLoopBackOff" -> found(Reason.CrashLooping, pod, lastExit(status));
      default -> null;
    };
  }

  private static String lastExit(ContainerStatus status) {
    ContainerState last = status.getLastState();
    String how =
        last == null || last.getTerminated() == null
            ? "its container ends again and again"
            : "its container ended with exit code "
                + last.getTerminated().getExitCode()
                + (last.getTerminated().getMessage() == null
                    ? ""
                    : " (" + last.getTerminated().getMessage().strip() + ")");
    return how + "; see kubectl logs --previous";
  }

  private static @Nullable Finding ofDeployment(@Nullable Deployment deployment) {
    if (deployment == null || deployment.getStatus() == null) {
      return null;
    }
    for (var condition : deployment.getStatus().getConditions()) {
      if (condition.getType().equals("ReplicaFailure") && condition.getStatus().equals("True")) {
        return new Finding(
            Reason.PodsNotCreated, "pods are refused: " + orEmpty(condition.getMessage()));
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

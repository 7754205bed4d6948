package dev.epd.planner;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Pods whose volumes do not come. Their status says no more than that no container can be started
 * yet; which Secret is missing stands in an event. So what the pod mounts is named, once it has
 * taken longer than any disk.
 */
final class UnmountedVolumes {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private UnmountedVolumes() {}

  /** What to say of the pod; empty: its volumes are there, or may still come. */
  static Optional<String> complaint(Pod pod, @Nullable Deployment deployment, Instant now) {
    return waitingSince(pod)
        .filter(since -> !now.isBefore(since.plus(PATIENCE)))
        .map(
            since ->
                "its volumes are not mounted%s; kubectl describe pod says why"
                    .formatted(suspects(deployment)));
  }

  /** When the next pod's time is over, from when it was looked at; empty: none is waited for. */
  static Optional<Duration> nextComplaint(PoolObservation seen) {
    return seen.pods().stream()
        .flatMap(pod -> waitingSince(pod).stream())
        .map(since -> since.plus(PATIENCE))
        .filter(seen.now()::isBefore)
        .min(Instant::compareTo)
        .map(at -> Duration.between(seen.now(), at));
  }

  private static Optional<Instant> waitingSince(Pod pod) {
    boolean isStarting =
        pod.getMetadata().getDeletionTimestamp() == null && PoolStatusPlanner.isAlive(pod);
    return PodReadiness.condition(pod, "PodReadyToStartContainers")
        .filter(c -> isStarting && "False".equals(c.getStatus()))
        .map(PodCondition::getLastTransitionTime)
        .map(Instant::parse);
  }

  private static String suspects(@Nullable Deployment deployment) {
    if (deployment == null || deployment.getSpec().getTemplate() == null) {
      return "";
    }
    String names =
        deployment.getSpec().getTemplate().getSpec().getVolumes().stream()
            .flatMap(UnmountedVolumes::sources)
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    return names.isEmpty() ? "" : ", one of these may be missing: " + names;
  }

  private static Stream<String> sources(Volume volume) {
    if (volume.getPersistentVolumeClaim() != null) {
      return Stream.of("PersistentVolumeClaim " + volume.getPersistentVolumeClaim().getClaimName());
    }
    if (volume.getSecret() != null) {
      return secret(volume.getSecret().getSecretName(), volume.getSecret().getOptional());
    }
    if (volume.getConfigMap() != null) {
      return configMap(volume.getConfigMap().getName(), volume.getConfigMap().getOptional());
    }
    return volume.getProjected() == null
        ? Stream.empty()
        : volume.getProjected().getSources().stream().flatMap(UnmountedVolumes::projected);
  }

  private static Stream<String> projected(VolumeProjection source) {
    if (source.getSecret() != null) {
      return secret(source.getSecret().getName(), source.getSecret().getOptional());
    }
    return source.getConfigMap() == null
        ? Stream.empty()
        : configMap(source.getConfigMap().getName(), source.getConfigMap().getOptional());
  }

  private static Stream<String> secret(String name, @Nullable Boolean optional) {
    return Boolean.TRUE.equals(optional) ? Stream.empty() : Stream.of("Secret " + name);
  }

  private static Stream<String> configMap(String name, @Nullable Boolean optional) {
    return Boolean.TRUE.equals(optional) ? Stream.empty() : Stream.of("ConfigMap " + name);
  }
}

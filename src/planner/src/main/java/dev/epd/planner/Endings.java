package dev.epd.planner;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Pods that were told to stop. A kubelet ends a pod by its deletionTimestamp, which has its grace
 * period in it; one that is still there well after that has no kubelet that could end it. Such a
 * pod is not waited for: it would be for ever.
 */
final class Endings {
  /** What a kubelet may be late by, and clocks may differ by. */
  static final Duration MARGIN = Duration.ofSeconds(60);

  private static final int NAMED = 3;

  private Endings() {}

  /** Whether the pod may be at work, or hold what its successors need. */
  static boolean isThere(Pod pod, Instant now) {
    return PoolStatusPlanner.isAlive(pod) && !isOverdue(pod, now);
  }

  /**
   * When a pod that is leaving now is overdue, from when it was looked at; empty: none is leaving.
   */
  static Optional<Duration> nextOverdue(PoolObservation seen) {
    return Stream.concat(seen.pods().stream(), seen.gateways().stream())
        .filter(pod -> isThere(pod, seen.now()))
        .flatMap(pod -> Stream.ofNullable(overdueAt(pod)))
        .min(Instant::compareTo)
        .map(at -> Duration.between(seen.now(), at));
  }

  /** What to say of the pool's pods that do not end; empty: they all do. */
  static Optional<String> complaint(PoolObservation seen) {
    List<Pod> overdue =
        seen.pods().stream()
            .filter(PoolStatusPlanner::isAlive)
            .filter(pod -> isOverdue(pod, seen.now()))
            .toList();
    if (overdue.isEmpty()) {
      return Optional.empty();
    }
    String names =
        overdue.stream()
            .map(pod -> pod.getMetadata().getName())
            .sorted()
            .limit(NAMED)
            .collect(Collectors.joining(" "));
    String pods =
        overdue.stream()
            .map(Endings::withNode)
            .sorted()
            .limit(NAMED)
            .collect(Collectors.joining(", "));
    String more = overdue.size() <= NAMED ? "" : " and %d more".formatted(overdue.size() - NAMED);
    return Optional.of(
        "%s%s does not end: kubectl delete pod %s --force once the node is known to be gone"
            .formatted(pods, more, names));
  }

  private static String withNode(Pod pod) {
    @Nullable String node = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
    return "pod " + pod.getMetadata().getName() + (node == null ? "" : " of node " + node);
  }

  private static boolean isOverdue(Pod pod, Instant now) {
    Instant at = overdueAt(pod);
    return at != null && !now.isBefore(at);
  }

  private static @Nullable Instant overdueAt(Pod pod) {
    @Nullable String deletion = pod.getMetadata().getDeletionTimestamp();
    return deletion == null ? null : Instant.parse(deletion).plus(MARGIN);
  }
}

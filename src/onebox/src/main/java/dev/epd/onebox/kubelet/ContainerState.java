package dev.epd.onebox.kubelet;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a container does now; one of the three states of a container status. */
sealed interface ContainerState {

  record Waiting(String reason, @Nullable String message) implements ContainerState {}

  record Running(Instant startedAt) implements ContainerState {}

  record Terminated(
      int exitCode,
      String reason,
      @Nullable String message,
      Instant startedAt,
      Instant finishedAt,
      String containerId)
      implements ContainerState {}
}

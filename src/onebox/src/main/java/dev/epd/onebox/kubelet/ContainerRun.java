package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A container of a pod through all its lives. Belongs to its pod's worker: no other thread may
 * touch it, but for the two log fields.
 */
final class ContainerRun {
  final Container spec;
  final boolean init;
  ContainerState state = new ContainerState.Waiting("ContainerCreating", null);
  ContainerState.@Nullable Terminated last;
  @Nullable ContainerProcess process;
  final List<Prober> probers = new ArrayList<>();
  int starts;
  int failuresInRow;
  int pullFailures;
  boolean startupPassed;
  boolean readinessPassed;

  /** When to try to start it; null while it runs or has ended for good. */
  @Nullable Instant startAt = Instant.EPOCH;

  /** When to SIGKILL it; null unless it is being stopped. */
  @Nullable Instant killAt;

  volatile @Nullable Path log;
  volatile @Nullable Path previousLog;
  volatile boolean running;

  ContainerRun(Container spec, boolean init) {
    this.spec = spec;
    this.init = init;
  }

  /** An init container that goes on running beside the others. */
  boolean sidecar() {
    return init && "Always".equals(spec.getRestartPolicy());
  }

  boolean isRunning() {
    return state instanceof ContainerState.Running;
  }

  boolean succeeded() {
    return state instanceof ContainerState.Terminated ended && ended.exitCode() == 0;
  }

  boolean endedForGood() {
    return state instanceof ContainerState.Terminated && startAt == null;
  }

  /** Whether the containers after this init container may start. */
  boolean initDone() {
    return sidecar() ? started() : succeeded();
  }

  boolean started() {
    return isRunning() && (spec.getStartupProbe() == null || startupPassed);
  }

  boolean ready() {
    return init && !sidecar()
        ? succeeded()
        : started() && (spec.getReadinessProbe() == null || readinessPassed);
  }

  int restarts() {
    return Math.max(0, starts - 1);
  }

  void stopProbers() {
    probers.forEach(Prober::stop);
    probers.clear();
  }

  /** Starts the probe if the container has it. */
  void probe(
      Prober.Kind kind, @Nullable Probe probe, String podIp, Launch launch, Prober.Listener to) {
    if (probe != null) {
      probers.add(Prober.start(kind, probe, Check.of(probe, spec, podIp, launch), to));
    }
  }

  /** The first restart is immediate, then the wait doubles; ten good minutes forgive. */
  Duration backoff(Duration lived, Duration base, Duration max) {
    if (lived.compareTo(Duration.ofMinutes(10)) >= 0) {
      failuresInRow = 0;
    }
    int failures = failuresInRow++;
    if (failures == 0) {
      return Duration.ZERO;
    }
    Duration wait = base.multipliedBy(1L << Math.min(failures - 1, 20));
    return wait.compareTo(max) > 0 ? max : wait;
  }
}

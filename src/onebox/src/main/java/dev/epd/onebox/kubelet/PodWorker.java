package dev.epd.onebox.kubelet;

import dev.epd.onebox.StateDir;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one pod on one thread: takes what happened (the object changed, a process ended, a probe
 * changed its mind, a time has come), does what follows, writes the status if it differs.
 */
final class PodWorker {
  private static final Logger logger = LoggerFactory.getLogger(PodWorker.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** What all workers of the node share. */
  record Node(
      KubeletConfig config,
      StateDir state,
      PodApi api,
      NodeAddress network,
      int apiPort,
      InstantSource clock) {}

  private sealed interface Event {
    record Updated(Pod pod) implements Event {}

    record Gone() implements Event {}

    record NodeStops() implements Event {}

    record Exited(ContainerRun run, ContainerProcess process, int code) implements Event {}

    record Probed(
        ContainerRun run, ContainerProcess process, Prober.Kind kind, boolean passed, String why)
        implements Event {}
  }

  private final Node node;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final List<ContainerRun> inits = new ArrayList<>();
  private final List<ContainerRun> mains = new ArrayList<>();
  private final String podIp;
  private final PodStatuses statuses;
  private final ContainerLauncher launcher;
  private final Volumes volumes;
  private final Thread thread;
  private Pod pod;
  private @Nullable PodStatus written;
  private boolean volumesReady;
  private boolean terminating;
  private boolean gone;
  private boolean nodeStops;
  private Instant retryAt = Instant.EPOCH;
  private Instant advancedAt = Instant.EPOCH;

  PodWorker(Pod pod, Node node, Runnable onEnd) {
    this.pod = pod;
    this.node = node;
    podIp = node.network().allocate();
    Instant now = node.clock().instant();
    statuses = new PodStatuses(now, podIp, node.network().node());
    ClusterObjects objects =
        new ClusterObjects(node.api().client(), pod.getMetadata().getNamespace());
    PodFields fields = new PodFields(pod, podIp, node.network().node(), node.config().capacity());
    Path folder = node.state().path().resolve("pods").resolve(pod.getMetadata().getUid());
    volumes = new Volumes(pod, folder.resolve("volumes"), objects, fields, node.clock());
    launcher =
        new ContainerLauncher(
            node,
            new LaunchPlan(
                node.config().images(), objects, fields, node.state().path(), node.apiPort()),
            volumes,
            folder);
    pod.getSpec().getInitContainers().forEach(spec -> inits.add(new ContainerRun(spec, true)));
    pod.getSpec().getContainers().forEach(spec -> mains.add(new ContainerRun(spec, false)));
    if (!inits.isEmpty()) {
      mains.forEach(run -> run.state = new ContainerState.Waiting("PodInitializing", null));
    }
    thread =
        Thread.ofVirtual()
            .name("pod " + pod.getMetadata().getName())
            .unstarted(
                () -> {
                  try {
                    loop();
                  } finally {
                    node.network().release(podIp);
                    onEnd.run();
                  }
                });
  }

  void start() {
    thread.start();
  }

  void updated(Pod newer) {
    events.add(new Event.Updated(newer));
  }

  void gone() {
    events.add(new Event.Gone());
  }

  /** Stops the pod's processes because the node ends; the object stays as it is. */
  void nodeStops() {
    events.add(new Event.NodeStops());
  }

  void join() throws InterruptedException {
    thread.join();
  }

  /** The log of a container's current (or previous) life and whether more may come. */
  Optional<LogServer.Source> log(String container, boolean previous) {
    return runs()
        .filter(run -> run.spec.getName().equals(container))
        .findFirst()
        .flatMap(
            run -> {
              Path file = previous ? run.previousLog : run.log;
              return file == null
                  ? Optional.empty()
                  : Optional.of(
                      new LogServer.Source(
                          file, () -> !previous && run.running && file.equals(run.log)));
            });
  }

  private void loop() {
    while (true) {
      try {
        advance();
      } catch (RuntimeException | IOException e) {
        logger.warn("pod {}: {}", pod.getMetadata().getName(), e.toString());
        retryAt = node.clock().instant().plus(RETRY);
      }
      boolean ended = runs().noneMatch(run -> run.process != null && run.isRunning());
      if ((gone || nodeStops) && ended) {
        launcher.deleteFiles();
        return;
      }
      boolean saved = gone || nodeStops || writeStatus();
      if (terminating && ended && saved && node.api().remove(pod)) {
        launcher.deleteFiles();
        return;
      }
      Duration wait = saved && !(terminating && ended) ? untilNext() : RETRY;
      try {
        Event event = events.poll(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS);
        while (event != null) {
          handle(event);
          event = events.poll();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void handle(Event event) {
    switch (event) {
      case Event.Updated(Pod newer) -> {
        pod = newer;
        if (newer.getMetadata().getDeletionTimestamp() != null && !terminating) {
          terminating = true;
          Long grace = newer.getMetadata().getDeletionGracePeriodSeconds();
          stopAll(Duration.ofSeconds(grace == null ? 30 : grace), true);
        }
      }
      case Event.Gone() -> {
        boolean first = !terminating && !gone;
        gone = true;
        if (first) {
          stopAll(Duration.ofSeconds(2), false);
        } else {
          stopAll(Duration.ZERO, false);
        }
      }
      case Event.NodeStops() -> {
        nodeStops = true;
        stopAll(node.config().stopGrace(), false);
      }
      case Event.Exited(ContainerRun run, ContainerProcess process, int code) -> {
        if (run.process == process) {
          exited(run, process, code);
        }
      }
      case Event.Probed probed -> {
        if (probed.run().process == probed.process() && probed.run().isRunning()) {
          probed(probed);
        }
      }
    }
  }

  private boolean stopping() {
    return terminating || gone || nodeStops;
  }

  private void advance() throws IOException {
    Instant now = node.clock().instant();
    advancedAt = now;
    runs().forEach(run -> launcher.killIfDue(run, now));
    if (stopping() || now.isBefore(retryAt)) {
      return;
    }
    volumes.refresh();
    if (!volumesReady) {
      try {
        volumes.prepare();
        volumesReady = true;
      } catch (NotYet e) {
        retryAt = now.plus(RETRY);
        runs()
            .forEach(
                run -> run.state = new ContainerState.Waiting("ContainerCreating", e.getMessage()));
        return;
      }
    }
    for (ContainerRun init : inits) {
      startIfDue(init, now);
      if (!init.initDone()) {
        return;
      }
    }
    for (ContainerRun main : mains) {
      startIfDue(main, now);
    }
  }

  private void startIfDue(ContainerRun run, Instant now) throws IOException {
    if (run.startAt == null || now.isBefore(run.startAt) || run.isRunning()) {
      return;
    }
    launcher.start(
        run, pod, now, (process, code) -> events.add(new Event.Exited(run, process, code)));
    if (run.isRunning() && run.process != null) {
      ContainerProcess process = run.process;
      if (run.spec.getStartupProbe() == null) {
        startProbes(run, process);
      } else {
        run.probe(
            Prober.Kind.STARTUP,
            run.spec.getStartupProbe(),
            podIp,
            process.launch(),
            listener(run, process));
      }
    }
  }

  private void startProbes(ContainerRun run, ContainerProcess process) {
    Prober.Listener listener = listener(run, process);
    run.probe(Prober.Kind.LIVENESS, run.spec.getLivenessProbe(), podIp, process.launch(), listener);
    run.probe(
        Prober.Kind.READINESS, run.spec.getReadinessProbe(), podIp, process.launch(), listener);
  }

  private Prober.Listener listener(ContainerRun run, ContainerProcess process) {
    return (kind, passed, why) -> events.add(new Event.Probed(run, process, kind, passed, why));
  }

  private void probed(Event.Probed probed) {
    ContainerRun run = probed.run();
    if (!probed.passed()) {
      String kind =
          probed.kind().name().charAt(0)
              + probed.kind().name().substring(1).toLowerCase(java.util.Locale.ROOT);
      node.api().event(pod, "Warning", "Unhealthy", kind + " probe failed: " + probed.why());
    }
    switch (probed.kind()) {
      case READINESS -> run.readinessPassed = probed.passed();
      case STARTUP -> {
        run.startupPassed = probed.passed();
        if (probed.passed()) {
          startProbes(run, probed.process());
        } else {
          restart(run, run.spec.getStartupProbe().getTerminationGracePeriodSeconds());
        }
      }
      case LIVENESS -> {
        if (!probed.passed()) {
          restart(run, run.spec.getLivenessProbe().getTerminationGracePeriodSeconds());
        }
      }
    }
  }

  /** Ends the container; its exit brings the restart, if the policy allows one. */
  private void restart(ContainerRun run, @Nullable Long probeGrace) {
    Long grace = probeGrace == null ? pod.getSpec().getTerminationGracePeriodSeconds() : probeGrace;
    node.api()
        .event(
            pod,
            "Normal",
            "Killing",
            "Container " + run.spec.getName() + " failed its probe and will be restarted");
    launcher.stop(
        run, Duration.ofSeconds(grace == null ? 30 : grace), node.clock().instant(), true);
  }

  private void stopAll(Duration grace, boolean hooks) {
    Instant now = node.clock().instant();
    runs().forEach(run -> run.startAt = null);
    runs().filter(ContainerRun::isRunning).forEach(run -> launcher.stop(run, grace, now, hooks));
  }

  private void exited(ContainerRun run, ContainerProcess process, int code) {
    Instant now = node.clock().instant();
    launcher.ended(run, process, code, now);
    if (stopping() || !restarts(run, code)) {
      return;
    }
    Duration lived = Duration.between(process.startedAt(), now);
    Duration wait = run.backoff(lived, node.config().backoffBase(), node.config().backoffMax());
    run.startAt = now.plus(wait);
    if (!wait.isZero()) {
      String message =
          "back-off %ds restarting failed container=%s pod=%s_%s"
              .formatted(
                  Math.max(1, wait.toSeconds()),
                  run.spec.getName(),
                  pod.getMetadata().getName(),
                  pod.getMetadata().getNamespace());
      run.state = new ContainerState.Waiting("CrashLoopBackOff", message);
      node.api().event(pod, "Warning", "BackOff", message);
    }
  }

  private boolean restarts(ContainerRun run, int code) {
    if (run.sidecar()) {
      return true;
    }
    String policy = pod.getSpec().getRestartPolicy();
    if (run.init) {
      return code != 0 && !"Never".equals(policy);
    }
    return switch (policy == null ? "Always" : policy) {
      case "Never" -> false;
      case "OnFailure" -> code != 0;
      default -> true;
    };
  }

  private boolean writeStatus() {
    PodStatus status = statuses.build(pod, inits, mains, volumesReady, node.clock().instant());
    if (status.equals(written)) {
      return true;
    }
    if (!node.api().writeStatus(pod, status)) {
      return false;
    }
    written = status;
    return true;
  }

  /** Until the first time that {@link #advance} has not seen yet; it may have passed meanwhile. */
  private Duration untilNext() {
    Stream<Instant> times =
        Stream.of(
                runs().map(run -> run.startAt),
                runs().map(run -> run.killAt),
                volumes.refreshAt().stream(),
                Stream.of(retryAt))
            .flatMap(each -> each)
            .filter(at -> at != null && at.isAfter(advancedAt));
    return times
        .min(Instant::compareTo)
        .map(at -> Duration.between(node.clock().instant(), at).plusMillis(1))
        .orElse(Duration.ofMinutes(1));
  }

  private Stream<ContainerRun> runs() {
    return Stream.concat(inits.stream(), mains.stream());
  }
}

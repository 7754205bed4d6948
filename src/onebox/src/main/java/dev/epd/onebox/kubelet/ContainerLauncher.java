package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ObjIntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins and ends the lives of one pod's containers; called by the pod's worker only. */
record ContainerLauncher(PodWorker.Node node, LaunchPlan plan, Volumes volumes, Path folder) {
  private static final Logger logger = LoggerFactory.getLogger(ContainerLauncher.class);

  /** Starts a container, or notes in its state why not and when to try again. */
  void start(ContainerRun run, Pod pod, Instant now, ObjIntConsumer<ContainerProcess> onExit)
      throws IOException {
    String name = run.spec.getName();
    String id = pod.getMetadata().getUid() + "/" + name + "/" + run.starts;
    if (imagePullWaits(run, now)) {
      return;
    }
    try {
      Launch launch = plan.plan(run.spec, volumes, folder.resolve("scratch").resolve(name), id);
      Path log = logFolder(pod).resolve(name).resolve(run.starts + ".log");
      AtomicReference<@Nullable ContainerProcess> self = new AtomicReference<>();
      ContainerProcess process =
          ContainerProcess.start(
              node.state(), id, launch, log, now, code -> onExit.accept(await(self), code));
      self.set(process);
      run.process = process;
      run.previousLog = run.log;
      run.log = log;
      run.running = true;
      run.starts++;
      run.pullFailures = 0;
      run.startAt = null;
      run.killAt = null;
      run.startupPassed = false;
      run.readinessPassed = false;
      run.state = new ContainerState.Running(now);
    } catch (NotYet e) {
      postpone(run, pod, now, e.reason(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      postpone(run, pod, now, "RunContainerError", String.valueOf(e.getMessage()));
    }
  }

  /** Sends SIGTERM, after the preStop hook if wanted; SIGKILL is due when the grace is over. */
  void stop(ContainerRun run, Duration grace, Instant now, boolean hooks) {
    ContainerProcess process = run.process;
    if (process == null || !process.isAlive()) {
      return;
    }
    run.stopProbers();
    Instant killAt = now.plus(grace);
    boolean already = run.killAt != null;
    if (run.killAt == null || killAt.isBefore(run.killAt)) {
      run.killAt = killAt;
    }
    if (already) {
      return;
    }
    LifecycleHandler hook =
        hooks && run.spec.getLifecycle() != null ? run.spec.getLifecycle().getPreStop() : null;
    if (hook == null) {
      process.terminate();
      return;
    }
    Thread.ofVirtual()
        .start(
            () -> {
              preStop(hook, process, grace);
              process.terminate();
            });
  }

  void killIfDue(ContainerRun run, Instant now) {
    ContainerProcess process = run.process;
    if (process != null && run.isRunning() && run.killAt != null && !now.isBefore(run.killAt)) {
      process.kill();
    }
  }

  /** Notes the end of a life. */
  void ended(ContainerRun run, ContainerProcess process, int code, Instant now) {
    run.stopProbers();
    process.reap();
    run.running = false;
    run.killAt = null;
    String policy = run.spec.getTerminationMessagePolicy();
    String message =
        code != 0 && "FallbackToLogsOnError".equals(policy) ? tail(process.log()) : null;
    ContainerState.Terminated end =
        new ContainerState.Terminated(
            code,
            code == 0 ? "Completed" : "Error",
            message,
            process.startedAt(),
            now,
            process.id());
    run.last = end;
    run.state = end;
  }

  /** Removes the pod's folders but not its logs: people read them after the pod has gone. */
  void deleteFiles() {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | java.io.UncheckedIOException e) {
      logger.warn("could not remove {}: {}", folder, e.toString());
    }
  }

  private Path logFolder(Pod pod) {
    var metadata = pod.getMetadata();
    return node.state()
        .path()
        .resolve("logs")
        .resolve("pods")
        .resolve(metadata.getNamespace() + "_" + metadata.getName() + "_" + metadata.getUid());
  }

  /** As a real kubelet: ErrImagePull when it was tried, ImagePullBackOff until the next try. */
  private boolean imagePullWaits(ContainerRun run, Instant now) {
    if (run.state instanceof ContainerState.Waiting(String reason, String message)
        && reason.equals("ErrImagePull")) {
      Duration wait = node.config().backoffBase().multipliedBy(1L << Math.min(run.pullFailures, 8));
      Duration most = node.config().backoffMax();
      run.pullFailures++;
      run.startAt = now.plus(wait.compareTo(most) > 0 ? most : wait);
      run.state =
          new ContainerState.Waiting("ImagePullBackOff", "Back-off pulling image: " + message);
      return true;
    }
    return false;
  }

  private void postpone(ContainerRun run, Pod pod, Instant now, String reason, String message) {
    run.startAt = now.plusSeconds(1);
    ContainerState next = new ContainerState.Waiting(reason, message);
    if (!next.equals(run.state)) {
      node.api().event(pod, "Warning", "Failed", reason + ": " + message);
    }
    run.state = next;
  }

  private static void preStop(LifecycleHandler hook, ContainerProcess process, Duration grace) {
    try {
      if (hook.getSleep() != null) {
        Thread.sleep(Duration.ofSeconds(hook.getSleep().getSeconds()));
      } else if (hook.getExec() != null) {
        var _ =
            Check.exec(
                process.launch().running(hook.getExec().getCommand()),
                (int) Math.max(1, grace.toMillis()));
      } else {
        logger.warn("preStop of {}: onebox runs exec and sleep only", process.id());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A process may end before its starter has returned. */
  private static ContainerProcess await(AtomicReference<@Nullable ContainerProcess> reference) {
    while (true) {
      ContainerProcess process = reference.get();
      if (process != null) {
        return process;
      }
      Thread.onSpinWait();
    }
  }

  private static @Nullable String tail(Path log) {
    try {
      List<String> lines =
          new String(LogServer.lastBytes(log, 2048), StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 80), lines.size()));
    } catch (IOException e) {
      return null;
    }
  }
}

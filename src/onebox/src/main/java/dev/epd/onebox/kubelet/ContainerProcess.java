package dev.epd.onebox.kubelet;

import dev.epd.onebox.ProcessTree;
import dev.epd.onebox.StateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.IntConsumer;

/** One life of a container. */
final class ContainerProcess {
  private final StateDir state;
  private final Process process;
  private final String id;
  private final String record;
  private final Launch launch;
  private final Path log;
  private final Instant startedAt;

  private ContainerProcess(
      StateDir state, Process process, String id, Launch launch, Path log, Instant startedAt) {
    this.state = state;
    this.process = process;
    this.id = id;
    this.record = id.replace('/', '_');
    this.launch = launch;
    this.log = log;
    this.startedAt = startedAt;
  }

  /**
   * @param onExit called once with the exit code (128 + signal when killed), on any thread
   */
  static ContainerProcess start(
      StateDir state, String id, Launch launch, Path log, Instant now, IntConsumer onExit)
      throws IOException {
    Files.createDirectories(log.getParent());
    Process process =
        launch.builder().redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    process.getOutputStream().close();
    ContainerProcess started = new ContainerProcess(state, process, id, launch, log, now);
    state.record(started.record, process.toHandle());
    var _ =
        process
            .onExit()
            .thenAcceptAsync(
                ended -> onExit.accept(ended.exitValue()), task -> Thread.ofVirtual().start(task));
    return started;
  }

  String id() {
    return id;
  }

  Launch launch() {
    return launch;
  }

  Path log() {
    return log;
  }

  Instant startedAt() {
    return startedAt;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGTERM to the container's first process, as container runtimes send it. */
  void terminate() {
    process.destroy();
  }

  /** SIGKILL to everything in the container. */
  void kill() {
    ProcessTree.kill(List.of(process.toHandle()));
    reap();
  }

  /** Ends what the first process left behind when it ended. */
  void reap() {
    ProcessTree.kill(ProcessTree.marked(LaunchPlan.CONTAINER_MARK, id));
    state.forget(record);
  }
}

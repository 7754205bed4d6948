package dev.epd.onebox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One component of the control plane: a process, its log and its record in the state folder. */
final class ControlPlaneProcess {
  private final StateDir state;
  private final String name;
  private final Process process;
  private final Path log;

  private ControlPlaneProcess(StateDir state, String name, Process process, Path log) {
    this.state = state;
    this.name = name;
    this.process = process;
    this.log = log;
  }

  static ControlPlaneProcess start(StateDir state, Path kube, String name, List<String> args) {
    List<String> command = new ArrayList<>(List.of(kube.toString(), name));
    command.addAll(args);
    Path log = state.file("logs").resolve(name + ".log");
    try {
      Files.createDirectories(log.getParent());
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(state.path().toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().put(StateDir.MARK, state.path().toString());
      Process process = builder.start();
      process.getOutputStream().close();
      state.record(name, process.toHandle());
      return new ControlPlaneProcess(state, name, process, log);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + name + " from " + kube, e);
    }
  }

  String name() {
    return name;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Whether it ended because another program was faster to bind its port. */
  boolean lostItsPort() {
    return !process.isAlive() && logTail(200).contains("address already in use");
  }

  OneboxException failure() {
    return new OneboxException(
        name + " ended or is not ready; the end of its log:\n" + logTail(15));
  }

  void stop(long graceMillis) {
    process.destroy();
    try {
      if (!process.waitFor(graceMillis, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    state.forget(name);
  }

  private String logTail(int lines) {
    try {
      List<String> all =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }
}

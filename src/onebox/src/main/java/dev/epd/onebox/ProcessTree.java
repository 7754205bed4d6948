package dev.epd.onebox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Ending processes together with all that they started. */
public final class ProcessTree {
  private ProcessTree() {}

  /**
   * Processes, other than this one, whose environment holds the variable with exactly this value. A
   * child keeps its environment when its parent dies, so this finds what parenthood no longer
   * shows. Empty where there is no /proc.
   */
  public static List<ProcessHandle> marked(String variable, String value) {
    byte[] wanted = (variable + "=" + value).getBytes(StandardCharsets.UTF_8);
    Path proc = Path.of("/proc");
    if (!Files.isDirectory(proc)) {
      return List.of();
    }
    long self = ProcessHandle.current().pid();
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(handle -> handle.pid() != self)
          .filter(handle -> hasVariable(proc, handle.pid(), wanted))
          .toList();
    }
  }

  /** SIGTERM, then after the grace SIGKILL to what is left, descendants included. */
  static void end(List<ProcessHandle> handles, long graceMillis) {
    handles.forEach(ProcessHandle::destroy);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(graceMillis);
    for (ProcessHandle handle : handles) {
      awaitExit(handle, Math.max(0, deadline - System.nanoTime()));
    }
    kill(handles);
  }

  /** SIGKILL to the processes and their descendants; returns when they are gone. */
  public static void kill(List<ProcessHandle> handles) {
    List<ProcessHandle> all = new ArrayList<>(handles);
    handles.forEach(handle -> handle.descendants().forEach(all::add));
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(handle -> awaitExit(handle, TimeUnit.SECONDS.toNanos(10)));
  }

  private static void awaitExit(ProcessHandle handle, long nanos) {
    try {
      var _ = handle.onExit().get(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The caller looks at what is left.
    }
  }

  private static boolean hasVariable(Path proc, long pid, byte[] wanted) {
    Optional<byte[]> environment = environment(proc.resolve(Long.toString(pid)));
    if (environment.isEmpty()) {
      return false;
    }
    byte[] bytes = environment.get();
    for (int start = 0; start < bytes.length; ) {
      int end = start;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      if (Arrays.equals(bytes, start, end, wanted, 0, wanted.length)) {
        return true;
      }
      start = end + 1;
    }
    return false;
  }

  private static Optional<byte[]> environment(Path process) {
    try {
      return Optional.of(Files.readAllBytes(process.resolve("environ")));
    } catch (IOException e) {
      return Optional.empty(); // ended meanwhile, or another user's
    }
  }
}

package dev.epd.onebox.kubelet;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A container as a local process: everything resolved. */
record Launch(List<String> command, Map<String, String> env, Path workingDir) {

  /** Another program in the same surroundings, as exec probes and hooks run. */
  Launch running(List<String> other) {
    return new Launch(other, env, workingDir);
  }

  ProcessBuilder builder() {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(workingDir.toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(env);
    return builder;
  }
}

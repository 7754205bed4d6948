package dev.epd.bench;

import dev.epd.contract.ClusterKey;
import dev.epd.onebox.demo.LocalImages;
import dev.epd.runtimeimage.PictureModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A temporary folder with a cluster's key, and the processes of pods that use it. Its end, also by
 * a signal, ends them and removes the folder.
 */
final class Workspace implements AutoCloseable {
  private static final int KEY_BYTES = 32;

  private final List<String> program;
  private final Path folder;
  private final ClusterKey key;
  private final Set<RoleProcess> processes = ConcurrentHashMap.newKeySet();
  private final Thread hook = new Thread(this::clear);
  private boolean cleared;

  Workspace(Path home) throws IOException {
    program = LocalImages.runtime(home);
    folder = Files.createTempDirectory("epd-bench");
    Runtime.getRuntime().addShutdownHook(hook);
    byte[] secret = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(secret);
    Files.write(folder.resolve("key"), secret);
    key = ClusterKey.load(folder.resolve("key"));
  }

  ClusterKey key() {
    return key;
  }

  /**
   * Starts a role as a process of its own; it is not ready on return.
   *
   * @param role as in --role
   * @param flags besides those for model, key and ports
   */
  synchronized RoleProcess start(String role, String... flags) throws IOException {
    if (cleared) {
      throw new IllegalStateException("the benchmarks are being ended");
    }
    List<String> command = new ArrayList<>(program);
    command.add("--role=" + role);
    command.add("--topology=encoder,prefill,decode");
    command.add("--model-dir=" + PictureModel.CHECKPOINT);
    command.add("--model-name=" + Chat.MODEL);
    command.add("--signing-key-file=" + folder.resolve("key"));
    command.add("--drain-grace=0s");
    command.addAll(List.of(flags));
    RoleProcess process = RoleProcess.start(command, Files.createTempFile(folder, role, ""));
    processes.add(process);
    return process;
  }

  void stop(RoleProcess process) {
    process.close();
    processes.remove(process);
  }

  private synchronized void clear() {
    cleared = true;
    processes.forEach(RoleProcess::close);
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + folder, e);
    }
  }

  @Override
  public void close() {
    clear();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The end has come by a signal; the hook finds nothing left.
    }
  }
}

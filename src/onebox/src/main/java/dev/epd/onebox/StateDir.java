package dev.epd.onebox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The one folder that holds everything a onebox makes. It has one owner, a JVM; when that JVM is
 * gone, whoever comes next may end the processes recorded here and remove the folder.
 */
public final class StateDir {
  private static final String OWNER = "owner.pid";
  private static final String PROCESSES = "processes";

  /** Every process started for a folder carries this variable with the folder as its value. */
  public static final String MARK = "ONEBOX_STATE";

  private final Path path;

  private StateDir(Path path) {
    this.path = path;
  }

  /** Takes the folder for this JVM, after clearing what a killed owner left in it. */
  static StateDir claim(Path folder) {
    StateDir state = new StateDir(folder.toAbsolutePath().normalize());
    try {
      state.refuseForeignFolder();
      Optional<ProcessIdentity> owner = state.owner();
      if (owner.isPresent()) {
        throw new OneboxException(
            "%s is in use by process %d; stop that one or use another folder"
                .formatted(state.path, owner.get().pid()));
      }
      state.clear();
      Files.createDirectories(state.path);
      restrict(state.path);
      ProcessIdentity.ofThisProcess().write(state.path.resolve(OWNER));
      Files.createDirectories(state.path.resolve(PROCESSES));
      return state;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot prepare the state folder " + state.path, e);
    }
  }

  /** A fresh folder among the temporary ones; clears its siblings whose owners are gone. */
  static StateDir temporary() {
    Path parent =
        Path.of(System.getProperty("java.io.tmpdir"), "onebox-" + System.getProperty("user.name"));
    try {
      Files.createDirectories(parent);
      restrict(parent);
      try (Stream<Path> siblings = Files.list(parent)) {
        for (Path sibling : siblings.toList()) {
          StateDir state = new StateDir(sibling);
          // A folder without an owner file is one that another JVM is just claiming.
          if (Files.exists(sibling.resolve(OWNER)) && state.owner().isEmpty()) {
            state.clear();
          }
        }
      }
      return claim(Files.createTempDirectory(parent, "run-"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a state folder under " + parent, e);
    }
  }

  /**
   * Ends every process and removes every file of a folder, its owner included if that still runs.
   *
   * @return whether there was anything
   */
  static boolean destroy(Path folder) {
    StateDir state = new StateDir(folder.toAbsolutePath().normalize());
    if (!Files.exists(state.path)) {
      return false;
    }
    try {
      state.refuseForeignFolder();
      state
          .owner()
          .flatMap(ProcessIdentity::alive)
          .filter(handle -> handle.pid() != ProcessHandle.current().pid())
          .ifPresent(handle -> ProcessTree.end(List.of(handle), 30_000));
      state.clear();
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + state.path, e);
    }
  }

  public Path path() {
    return path;
  }

  Path file(String name) {
    return path.resolve(name);
  }

  /** Notes a process of this folder, so that it can be ended after a kill of its owner. */
  public void record(String name, ProcessHandle handle) {
    ProcessIdentity.of(handle)
        .ifPresent(
            identity -> {
              try {
                identity.write(path.resolve(PROCESSES).resolve(name + ".pid"));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  public void forget(String name) {
    try {
      Files.deleteIfExists(path.resolve(PROCESSES).resolve(name + ".pid"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends what is left of the folder's processes, at once, and removes the folder. */
  void clear() throws IOException {
    Path processes = path.resolve(PROCESSES);
    if (Files.isDirectory(processes)) {
      try (Stream<Path> files = Files.list(processes)) {
        ProcessTree.kill(
            files
                .flatMap(file -> ProcessIdentity.read(file).stream())
                .flatMap(identity -> identity.alive().stream())
                .toList());
      }
    }
    ProcessTree.kill(ProcessTree.marked(MARK, path.toString()));
    // A process that is just dying may still write, so one failed pass is not the end.
    for (int pass = 0; pass < 20 && Files.exists(path, LinkOption.NOFOLLOW_LINKS); pass++) {
      deleteTree();
    }
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("could not remove " + path);
    }
  }

  private Optional<ProcessIdentity> owner() {
    return ProcessIdentity.read(path.resolve(OWNER))
        .filter(identity -> identity.alive().isPresent());
  }

  private void refuseForeignFolder() throws IOException {
    if (!Files.exists(path) || Files.exists(path.resolve(OWNER))) {
      return;
    }
    try (Stream<Path> files = Files.list(path)) {
      if (files.findAny().isPresent()) {
        throw new OneboxException(
            path + " holds files that are not onebox's; give it a folder of its own");
      }
    }
  }

  private static void restrict(Path folder) throws IOException {
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private void deleteTree() {
    try {
      Files.walkFileTree(
          path,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path folder, @org.jspecify.annotations.Nullable IOException e) throws IOException {
              Files.deleteIfExists(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.epd.onebox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process that can be told from a later one with the same pid: pid plus start time (with the boot
 * it belongs to, where Linux names it).
 */
record ProcessIdentity(long pid, String start) {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  static Optional<ProcessIdentity> of(ProcessHandle handle) {
    return startOf(handle).map(start -> new ProcessIdentity(handle.pid(), start));
  }

  static ProcessIdentity ofThisProcess() {
    return of(ProcessHandle.current())
        .orElseGet(() -> new ProcessIdentity(ProcessHandle.current().pid(), "unknown"));
  }

  /** The same process, if it still runs. */
  Optional<ProcessHandle> alive() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(handle -> startOf(handle).filter(start::equals).isPresent());
  }

  void write(Path file) throws IOException {
    Files.writeString(file, pid + " " + start + "\n");
  }

  static Optional<ProcessIdentity> read(Path file) {
    try {
      String[] fields = Files.readString(file).strip().split(" ", 2);
      return fields.length == 2
          ? Optional.of(new ProcessIdentity(Long.parseLong(fields[0]), fields[1]))
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> startOf(ProcessHandle handle) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(handle.pid()), "stat"));
      // The name in field 2 may hold spaces; the fields after its closing parenthesis do not.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Optional.of("ticks " + fields[19] + " boot " + Files.readString(BOOT_ID).strip());
    } catch (IOException e) {
      return handle.info().startInstant().map(at -> "millis " + at.toEpochMilli());
    }
  }
}

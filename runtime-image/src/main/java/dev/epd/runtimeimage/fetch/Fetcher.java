package dev.epd.runtimeimage.fetch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one snapshot into a folder. A file bears its name only once it is whole and checked; what
 * an earlier try of the same commit left is gone on with, what another commit left is deleted.
 */
final class Fetcher {
  private static final Logger LOG = LoggerFactory.getLogger(Fetcher.class);
  private static final String PART = ".part";

  /** Says which commit the folder's files are of. */
  private static final String MARK = ".epd-snapshot";

  private static final int BUFFER = 1 << 20;
  private static final int TRIES_WITHOUT_PROGRESS = 8;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Hub hub;
  private final Path folder;
  private final Duration firstPause;

  /**
   * A fetcher.
   *
   * @param firstPause before the second try; doubled before each further one
   */
  Fetcher(Hub hub, Path folder, Duration firstPause) {
    this.hub = hub;
    this.folder = folder;
    this.firstPause = firstPause;
  }

  /** One try of something that may fail for a while. */
  private interface Try<T> {
    T make() throws IOException;
  }

  /**
   * Returns when all files are there.
   *
   * @throws IOException what stands in the way, in words for the person who wrote the spec
   */
  Snapshot fetch(String repo, String revision) throws IOException, InterruptedException {
    Snapshot snapshot = persistently(() -> hub.list(revision), () -> 0L);
    begin(repo, snapshot);
    if (snapshot.file(Snapshot.CONFIG).isEmpty()) {
      throw new HubException(
          repo + " has no " + Snapshot.CONFIG + " at '" + revision + "': it is no checkpoint");
    }
    checkRoom(snapshot.settings());
    for (HubFile file : snapshot.settings()) {
      fetch(snapshot, file);
    }
    Optional<Set<String>> indexed = indexed(snapshot);
    List<HubFile> weights = snapshot.weights(indexed);
    if (indexed.isPresent() && weights.size() < indexed.get().size()) {
      throw new HubException(
          repo + " lacks weights that its index names at '" + revision + "': it is incomplete");
    }
    if (weights.isEmpty()) {
      throw new HubException(
          repo
              + " has no *.safetensors at '"
              + revision
              + "': weights of other formats are not supported");
    }
    checkRoom(weights);
    for (HubFile file : weights) {
      fetch(snapshot, file);
    }
    return snapshot;
  }

  private void begin(String repo, Snapshot snapshot) throws IOException {
    Path mark = folder.resolve(MARK);
    String wanted = repo + "@" + snapshot.commit();
    String found = Files.exists(mark) ? Files.readString(mark) : "";
    if (!found.equals(wanted)) {
      try (var old = Files.list(folder)) {
        for (Path file : old.filter(Files::isRegularFile).toList()) {
          Files.delete(file);
        }
      }
      Files.writeString(mark, wanted);
    }
  }

  private Optional<Set<String>> indexed(Snapshot snapshot) throws IOException {
    if (snapshot.file(Snapshot.INDEX).isEmpty()) {
      return Optional.empty();
    }
    JsonNode map = JSON.readTree(folder.resolve(Snapshot.INDEX).toFile()).path("weight_map");
    Set<String> names = new HashSet<>();
    map.forEach(name -> names.add(name.asText()));
    return Optional.of(names);
  }

  private void checkRoom(List<HubFile> files) throws IOException {
    long missing = 0;
    for (HubFile file : files) {
      Path whole = folder.resolve(file.name());
      if (!isThere(file, whole)) {
        missing += file.size().orElse(0) - sizeOf(part(file)) - sizeOf(whole);
      }
    }
    long room = Files.getFileStore(folder).getUsableSpace();
    if (missing > room) {
      throw new HubException(
          "the files need %d MiB more and the node's disk has room for %d MiB: give the pods nodes with"
                  .formatted(missing >> 20, room >> 20)
              + " larger disks, or the model from a volume (model.source.pvc)");
    }
  }

  private void fetch(Snapshot snapshot, HubFile file) throws IOException, InterruptedException {
    Path whole = folder.resolve(file.name());
    if (isThere(file, whole)) {
      return;
    }
    Files.deleteIfExists(whole);
    Path part = part(file);
    long start = System.nanoTime();
    persistently(
        () -> {
          load(snapshot, file, part);
          return part;
        },
        () -> sizeOf(part));
    // The name must not survive a crash that the content does not.
    try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
      written.force(true);
    }
    Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
    LOG.info(
        "{}: {} bytes in {} ms",
        file.name(),
        Files.size(whole),
        Duration.ofNanos(System.nanoTime() - start).toMillis());
  }

  private static boolean isThere(HubFile file, Path whole) throws IOException {
    return Files.exists(whole)
        && (file.size().isEmpty() || Files.size(whole) == file.size().getAsLong());
  }

  /** Goes on where the part ends, and checks the whole. */
  private void load(Snapshot snapshot, HubFile file, Path part) throws IOException {
    long have = sizeOf(part);
    if (file.size().isPresent() && have > file.size().getAsLong()) {
      Files.delete(part);
      have = 0;
    }
    Optional<String> sha256 = file.sha256();
    if (have == 0 || file.size().isEmpty() || have < file.size().getAsLong()) {
      try (Hub.Answer answer = open(snapshot, file, part, have)) {
        sha256 = sha256.or(answer::sha256);
        long expected =
            answer.length().isPresent() ? answer.from() + answer.length().getAsLong() : -1;
        append(file, answer, part);
        long size = sizeOf(part);
        if (expected >= 0 && size < expected) {
          throw new IOException(
              "the connection ended after %d of %d bytes".formatted(size, expected));
        }
      }
    }
    check(file, part, sha256);
  }

  private Hub.Answer open(Snapshot snapshot, HubFile file, Path part, long have)
      throws IOException {
    try {
      return hub.open(snapshot.commit(), file.name(), have);
    } catch (Hub.RangeException e) {
      Files.deleteIfExists(part);
      throw e;
    }
  }

  private static void append(HubFile file, Hub.Answer answer, Path part) throws IOException {
    InputStream body = answer.body();
    long most = file.size().orElse(Long.MAX_VALUE);
    long size = answer.from();
    StandardOpenOption mode =
        size > 0 ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
    try (OutputStream out =
        Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, mode)) {
      byte[] buffer = new byte[BUFFER];
      for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
        size += n;
        if (size > most) {
          Files.delete(part);
          throw new IOException(
              "%s is longer than the %d bytes that the hub says".formatted(file.name(), most));
        }
        out.write(buffer, 0, n);
      }
    }
  }

  private static void check(HubFile file, Path part, Optional<String> sha256) throws IOException {
    long size = sizeOf(part);
    if (file.size().isPresent() && size != file.size().getAsLong()) {
      Files.deleteIfExists(part);
      throw new IOException(
          "%s has %d bytes instead of %d".formatted(file.name(), size, file.size().getAsLong()));
    }
    if (sha256.isPresent() && !sha256.get().equals(hash(part))) {
      Files.deleteIfExists(part);
      throw new IOException(file.name() + " arrived damaged: its SHA-256 is not the hub's");
    }
  }

  private static String hash(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Tries again, with longer and longer pauses, as long as something moves. */
  private <T> T persistently(Try<T> work, Progress progress)
      throws IOException, InterruptedException {
    Duration pause = firstPause;
    int tries = 0;
    // The furthest ever: what is thrown away and fetched again is no progress.
    long furthest = progress.bytes();
    while (true) {
      try {
        return work.make();
      } catch (HubException e) {
        throw e;
      } catch (IOException e) {
        if (progress.bytes() > furthest) {
          furthest = progress.bytes();
          tries = 0;
          pause = firstPause;
        }
        tries++;
        if (tries >= TRIES_WITHOUT_PROGRESS) {
          throw new IOException("gave up after %d tries: %s".formatted(tries, reason(e)), e);
        }
        Duration wait =
            e instanceof Hub.BusyException busy && busy.pause().compareTo(pause) > 0
                ? busy.pause()
                : pause;
        LOG.warn("{}; again in {} ms", reason(e), wait.toMillis());
        Thread.sleep(wait);
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
      }
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case java.net.UnknownHostException u -> "no address for host " + u.getMessage();
      case java.net.ConnectException c -> "cannot connect: " + c.getMessage();
      case java.net.SocketTimeoutException t -> "no answer in time: " + t.getMessage();
      default -> String.valueOf(e.getMessage());
    };
  }

  private interface Progress {
    long bytes() throws IOException;
  }

  private Path part(HubFile file) {
    return folder.resolve("." + file.name() + PART);
  }

  private static long sizeOf(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }
}

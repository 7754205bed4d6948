package dev.epd.gateway.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask: bearer keys from a file, one a line, {@code key} or {@code name:key}; empty lines
 * and lines that begin with {@code #} are skipped. Only hashes stay in memory; a key is compared
 * with every one in constant time.
 */
public final class ApiKeys {
  private static final int MAX_NAME = 64;

  private final @Nullable Path file;
  private volatile List<Key> keys;

  /** Name and SHA-256 of a key. */
  @SuppressWarnings("ArrayRecordComponent") // never compared as a record
  private record Key(String tenant, byte[] hash) {}

  private ApiKeys(@Nullable Path file, List<Key> keys) {
    this.file = file;
    this.keys = keys;
  }

  /** Anyone may ask; all are one tenant. */
  public static ApiKeys open() {
    return new ApiKeys(null, List.of());
  }

  /**
   * Reads the file.
   *
   * @throws IOException if it cannot be read or holds no key: a server that was meant to be closed
   *     must not come up open
   */
  public static ApiKeys load(Path file) throws IOException {
    return new ApiKeys(file, read(file));
  }

  /** Reads the file again, so that keys rotate without a restart. On failure the old ones stay. */
  public void refresh() throws IOException {
    Path source = file;
    if (source != null) {
      keys = read(source);
    }
  }

  private static List<Key> read(Path file) throws IOException {
    var found = new ArrayList<Key>();
    for (String line : Files.readAllLines(file)) {
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      int colon = text.indexOf(':');
      byte[] hash = hash(text.substring(colon + 1).strip());
      String name =
          colon > 0
              ? text.substring(0, colon).strip()
              : "key-" + HexFormat.of().formatHex(hash, 0, 4);
      if (name.length() > MAX_NAME) {
        throw new IOException(
            "%s: the name of an API key has more than %d characters".formatted(file, MAX_NAME));
      }
      found.add(new Key(name, hash));
    }
    if (found.isEmpty()) {
      throw new IOException(file + " holds no API key; write one a line, as key or name:key");
    }
    return List.copyOf(found);
  }

  /**
   * The tenant whose key the header carries; empty when there is none.
   *
   * @param authorization the Authorization header
   */
  Optional<String> tenant(@Nullable String authorization) {
    if (file == null) {
      return Optional.of("");
    }
    if (authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return Optional.empty();
    }
    byte[] presented = hash(authorization.substring(7).strip());
    String tenant = null;
    for (Key key : keys) {
      if (MessageDigest.isEqual(key.hash(), presented)) {
        tenant = key.tenant();
      }
    }
    return Optional.ofNullable(tenant);
  }

  private static byte[] hash(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

package dev.epd.runtimeimage.fetch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The hub's public HTTP protocol (<a
 * href="https://huggingface.co/docs/hub/api">huggingface.co/docs/hub/api</a>): {@code GET
 * /api/models/REPO/revision/REV} lists files, {@code GET /REPO/resolve/REV/FILE} answers with the
 * file or sends on to where it lies.
 */
final class Hub {
  private static final int MOST_REDIRECTS = 8;
  private static final int TEMPORARY_REDIRECT = 307;
  private static final int PERMANENT_REDIRECT = 308;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int RANGE_NOT_SATISFIABLE = 416;
  private static final Pattern RANGE = Pattern.compile("bytes ([0-9]{1,18})-.*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI endpoint;
  private final String repo;
  private final @Nullable String token;
  private final Duration timeout;

  /**
   * A hub and one repository of it.
   *
   * @param endpoint scheme, host, port and perhaps a path
   * @param timeout for a connection, and for the next byte of an answer
   */
  Hub(URI endpoint, String repo, @Nullable String token, Duration timeout) {
    this.endpoint = endpoint;
    this.repo = repo;
    this.token = token;
    this.timeout = timeout;
  }

  /** An answer with a body that the caller closes. */
  record Answer(InputStream body, long from, OptionalLong length, Optional<String> sha256)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  /** The hub is busy: to be asked again, not before the given time. */
  static final class BusyException extends IOException {
    private static final long serialVersionUID = 1L;
    private final Duration wait;

    BusyException(String message, Duration wait) {
      super(message);
      this.wait = wait;
    }

    Duration pause() {
      return wait;
    }
  }

  /** The hub does not go on where it was asked to: what is here is to be fetched anew. */
  static final class RangeException extends IOException {
    private static final long serialVersionUID = 1L;

    RangeException(String message) {
      super(message);
    }
  }

  Snapshot list(String revision) throws IOException {
    URI uri = address("/api/models/" + repo + "/revision/" + escaped(revision) + "?blobs=true");
    JsonNode answer;
    try (Answer page = get(uri, revision, 0)) {
      answer = JSON.readTree(page.body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new HubException(
          endpoint + " does not answer as a hub does (no JSON at " + uri.getPath() + ")");
    }
    List<HubFile> files = new ArrayList<>();
    for (JsonNode file : answer.path("siblings")) {
      JsonNode large = file.path("lfs");
      files.add(
          new HubFile(
              file.path("rfilename").asText(),
              file.path("size").isNumber()
                  ? OptionalLong.of(file.path("size").asLong())
                  : OptionalLong.empty(),
              sha256(large.path("sha256").asText(null))));
    }
    String commit = answer.path("sha").asText(revision);
    return new Snapshot(commit, files);
  }

  /** The file from a byte on; the answer says from which byte it really is. */
  Answer open(String commit, String file, long from) throws IOException {
    URI uri = address("/" + repo + "/resolve/" + escaped(commit) + "/" + escaped(file));
    return get(uri, commit, from);
  }

  private URI address(String path) throws HubException {
    try {
      return URI.create(base() + path);
    } catch (IllegalArgumentException e) {
      throw new HubException("'" + repo + "' is no name of a repository: correct repo");
    }
  }

  private Answer get(URI uri, String revision, long from) throws IOException {
    URI at = uri;
    Optional<String> sha256 = Optional.empty();
    for (int i = 0; i < MOST_REDIRECTS; i++) {
      HttpURLConnection connection = ask(at, from);
      int status = connection.getResponseCode();
      if (sha256.isEmpty()) {
        sha256 = sha256(connection);
      }
      switch (status) {
        case HttpURLConnection.HTTP_OK -> {
          return new Answer(connection.getInputStream(), 0, length(connection), sha256);
        }
        case HttpURLConnection.HTTP_PARTIAL -> {
          checkRange(at, connection, from);
          return new Answer(connection.getInputStream(), from, length(connection), sha256);
        }
        case HttpURLConnection.HTTP_MOVED_PERM,
            HttpURLConnection.HTTP_MOVED_TEMP,
            HttpURLConnection.HTTP_SEE_OTHER,
            TEMPORARY_REDIRECT,
            PERMANENT_REDIRECT ->
            at = next(at, connection);
        default -> throw refusal(status, revision, connection);
      }
    }
    throw new HubException(uri + " sends on and on");
  }

  /** Sends the request. What cannot be sent (a port beyond 65535) is told without the token. */
  private HttpURLConnection ask(URI at, long from) throws IOException {
    try {
      HttpURLConnection connection = connect(at, from);
      connection.connect();
      return connection;
    } catch (IllegalArgumentException e) {
      throw new HubException(
          at.getHost() + " cannot be asked: correct the port in its address, or the token");
    }
  }

  private static void checkRange(URI at, HttpURLConnection connection, long from)
      throws RangeException {
    String said = connection.getHeaderField("Content-Range");
    Matcher range = RANGE.matcher(said == null ? "" : said.strip());
    if (!range.matches() || Long.parseLong(range.group(1)) != from) {
      connection.disconnect();
      throw new RangeException(
          "%s was asked for bytes from %d and gives %s".formatted(at.getHost(), from, said));
    }
  }

  private HttpURLConnection connect(URI at, long from) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) at.toURL().openConnection();
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) timeout.toMillis());
    connection.setReadTimeout((int) timeout.toMillis());
    connection.setRequestProperty("User-Agent", "epd-runtime");
    connection.setRequestProperty("Accept-Encoding", "identity");
    // Storage behind the hub has its own signature in the address, and must not see the token.
    if (token != null && isHub(at)) {
      connection.setRequestProperty("Authorization", "Bearer " + token);
    }
    if (from > 0) {
      connection.setRequestProperty("Range", "bytes=" + from + "-");
    }
    return connection;
  }

  private boolean isHub(URI at) {
    return at.getScheme().equals(endpoint.getScheme())
        && at.getHost().equalsIgnoreCase(endpoint.getHost())
        && at.getPort() == endpoint.getPort();
  }

  private static URI next(URI at, HttpURLConnection connection) throws IOException {
    String location = connection.getHeaderField("Location");
    connection.disconnect();
    if (location == null) {
      throw new HubException(at + " sends on to nowhere");
    }
    URI next;
    try {
      next = at.resolve(location);
    } catch (IllegalArgumentException e) {
      // Not shown: addresses of storage bear signatures.
      throw new HubException(at.getHost() + " sends on to what is no address: not followed");
    }
    boolean isWeb = "https".equals(next.getScheme()) || "http".equals(next.getScheme());
    if (!isWeb || (at.getScheme().equals("https") && !next.getScheme().equals("https"))) {
      throw new HubException(at.getHost() + " sends on to " + next.getScheme() + ": not followed");
    }
    if (next.getHost() == null) {
      throw new HubException(
          at.getHost() + " sends on to an address without a host name: not followed");
    }
    return next;
  }

  private IOException refusal(int status, String revision, HttpURLConnection connection) {
    String said = connection.getHeaderField("X-Error-Message");
    String why = said == null ? "" : " (the hub says: " + said.strip() + ")";
    return switch (status) {
      case HttpURLConnection.HTTP_UNAUTHORIZED ->
          new HubException(
              token == null
                  ? "401: the hub asks for a token for "
                      + repo
                      + ", or has no such repository: correct repo, or set tokenSecretRef"
                      + why
                  : "401: the hub does not accept the token for "
                      + repo
                      + ", or has no such repository: correct the Secret of tokenSecretRef, or repo"
                      + why);
      case HttpURLConnection.HTTP_FORBIDDEN ->
          new HubException(
              "403: the hub does not let "
                  + (token == null ? "everybody" : "the owner of the token")
                  + " read "
                  + repo
                  + ": accept its terms at "
                  + base()
                  + "/"
                  + repo
                  + ", or set another token in tokenSecretRef"
                  + why);
      case HttpURLConnection.HTTP_NOT_FOUND ->
          new HubException(
              "404: "
                  + repo
                  + " has no revision '"
                  + revision
                  + "', or does not exist: correct repo or revision"
                  + why);
      case RANGE_NOT_SATISFIABLE ->
          new RangeException("416: the file is shorter than what is here");
      case TOO_MANY_REQUESTS, HttpURLConnection.HTTP_UNAVAILABLE ->
          new BusyException(
              status + " from " + connection.getURL().getHost(), retryAfter(connection));
      default ->
          status >= HttpURLConnection.HTTP_INTERNAL_ERROR
              ? new IOException(status + " from " + connection.getURL().getHost() + why)
              : new HubException(status + " from " + connection.getURL().getHost() + why);
    };
  }

  private static Duration retryAfter(HttpURLConnection connection) {
    return Duration.ofSeconds(Math.clamp(connection.getHeaderFieldInt("Retry-After", 0), 0, 300));
  }

  private static OptionalLong length(HttpURLConnection connection) {
    long length = connection.getContentLengthLong();
    return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
  }

  private static Optional<String> sha256(HttpURLConnection connection) {
    String linked = connection.getHeaderField("X-Linked-Etag");
    return sha256(linked == null ? connection.getHeaderField("ETag") : linked);
  }

  /** An entity tag that is a SHA-256: that of a large file's content. */
  private static Optional<String> sha256(@Nullable String tag) {
    return Optional.ofNullable(tag)
        .map(t -> t.replace("W/", "").replace("\"", "").toLowerCase(Locale.ROOT))
        .filter(t -> SHA256.matcher(t).matches());
  }

  private String base() {
    String text = endpoint.toString();
    return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
  }

  private static String escaped(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}

package dev.epd.runtimeimage.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A hub with one repository, and the storage that it sends on to for weights: what the public hub
 * answers, so far as a fetcher sees it.
 */
final class PlayedHub implements AutoCloseable {
  static final String REPO = "family/picture-model";
  static final String COMMIT = "0123456789012345678901234567890123456789";

  private final HttpServer hub;
  private final HttpServer storage;
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  final List<String> requests = new CopyOnWriteArrayList<>();
  final AtomicInteger refusals = new AtomicInteger();

  volatile @Nullable String wantedToken;
  volatile boolean gated;
  volatile int refuseWith = 503;

  /** Storage breaks off after so many bytes of an answer; 0: never. */
  volatile int cutAfter;

  volatile boolean damaged;
  volatile boolean knowsRanges = true;

  /** Storage answers a range with another one. */
  volatile boolean mistakesRanges;

  /** Storage gives so many bytes more than the file has. */
  volatile int surplus;

  /** Where the hub sends on to in place of its storage. */
  volatile @Nullable String sendsOnTo;

  volatile String commit = COMMIT;

  PlayedHub() throws IOException {
    hub = server(this::answer);
    storage = server(this::give);
  }

  private static HttpServer server(com.sun.net.httpserver.HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", handler);
    server.start();
    return server;
  }

  PlayedHub with(String name, byte[] content) {
    files.put(name, content);
    return this;
  }

  PlayedHub with(String name, String content) {
    return with(name, content.getBytes(StandardCharsets.UTF_8));
  }

  String address() {
    return "http://127.0.0.1:" + hub.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String token = exchange.getRequestHeaders().getFirst("Authorization");
    requests.add("hub " + path + " " + token);
    if (refusals.get() > 0 && refusals.getAndDecrement() > 0) {
      exchange.getResponseHeaders().add("Retry-After", "0");
      send(exchange, refuseWith, "busy");
    } else if (!path.contains(REPO)
        || (wantedToken != null && !("Bearer " + wantedToken).equals(token))) {
      exchange.getResponseHeaders().add("X-Error-Message", "Invalid username or password.");
      send(exchange, 401, "");
    } else if (gated) {
      send(exchange, 403, "");
    } else if (path.startsWith("/api/models/" + REPO + "/revision/")) {
      String revision = path.substring(path.lastIndexOf('/') + 1);
      send(exchange, List.of("main", commit).contains(revision) ? 200 : 404, listing());
    } else {
      resolve(exchange, path.substring(path.lastIndexOf('/') + 1));
    }
  }

  private void resolve(HttpExchange exchange, String name) throws IOException {
    byte[] content = files.get(name);
    if (content == null) {
      send(exchange, 404, "");
    } else if (isLarge(name)) {
      exchange.getResponseHeaders().add("X-Linked-Etag", "\"" + sha256(content) + "\"");
      exchange
          .getResponseHeaders()
          .add(
              "Location",
              sendsOnTo != null
                  ? sendsOnTo
                  : "http://127.0.0.1:"
                      + storage.getAddress().getPort()
                      + "/"
                      + name
                      + "?signed=1");
      send(exchange, 302, "");
    } else {
      exchange.getResponseHeaders().add("ETag", "\"a-git-hash\"");
      send(exchange, 200, new String(content, StandardCharsets.UTF_8));
    }
  }

  private void give(HttpExchange exchange) throws IOException {
    String name = exchange.getRequestURI().getPath().substring(1);
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(
        "storage "
            + name
            + " "
            + range
            + " "
            + exchange.getRequestHeaders().getFirst("Authorization"));
    byte[] content = files.getOrDefault(name, new byte[0]).clone();
    if (damaged) {
      content[content.length / 2] ^= 1;
    }
    int from =
        range == null || !knowsRanges
            ? 0
            : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
    int status = from > 0 ? 206 : 200;
    from = mistakesRanges ? from / 2 : from;
    if (status == 206) {
      exchange
          .getResponseHeaders()
          .add(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    // A length of 0 stands for one that is not told.
    exchange.sendResponseHeaders(status, surplus > 0 ? 0 : content.length - from);
    int end = cutAfter == 0 ? content.length : Math.min(content.length, from + cutAfter);
    try (var body = exchange.getResponseBody()) {
      body.write(content, from, end - from);
      body.write(new byte[surplus]);
    } catch (IOException e) {
      // Less than was promised: the connection breaks off, as it is meant to.
      exchange.close();
    }
  }

  private String listing() {
    return files.entrySet().stream()
        .map(
            file ->
                "{\"rfilename\":\"%s\",\"size\":%d%s}"
                    .formatted(
                        file.getKey(),
                        file.getValue().length,
                        isLarge(file.getKey())
                            ? ",\"lfs\":{\"sha256\":\"" + sha256(file.getValue()) + "\"}"
                            : ""))
        .collect(Collectors.joining(",", "{\"sha\":\"" + commit + "\",\"siblings\":[", "]}"));
  }

  private static boolean isLarge(String name) {
    return name.endsWith(".safetensors");
  }

  private static void send(HttpExchange exchange, int status, String text) {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    storage.stop(0);
  }
}

package dev.epd.onebox.kubelet;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * The part of a kubelet's API that {@code kubectl logs} needs: {@code GET
 * /containerLogs/{namespace}/{pod}/{container}} with tailLines, limitBytes, follow and previous.
 * Log lines carry no time, so sinceSeconds is not honoured. Only holders of a certificate of the
 * cluster's authority get an answer.
 */
final class LogServer implements AutoCloseable {
  /** A log file and whether more may be written to it. */
  record Source(Path file, BooleanSupplier growing) {}

  interface Logs {
    Optional<Source> find(String namespace, String pod, String container, boolean previous);
  }

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  LogServer(HttpsServer server, SSLContext tls, Logs logs) {
    this.server = server;
    server.setExecutor(threads);
    server.setHttpsConfigurator(
        new HttpsConfigurator(tls) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters wanted = tls.getDefaultSSLParameters();
            wanted.setNeedClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    server.createContext(
        "/", exchange -> text(exchange, 501, "onebox serves logs only, not exec or port-forward"));
    server.createContext("/containerLogs/", exchange -> serve(exchange, logs));
    server.start();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  /** The end of a file, at most so many bytes. */
  static byte[] lastBytes(Path file, int most) throws IOException {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      long from = Math.max(0, in.length() - most);
      byte[] bytes = new byte[(int) (in.length() - from)];
      in.seek(from);
      in.readFully(bytes);
      return bytes;
    }
  }

  private static void serve(HttpExchange exchange, Logs logs) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/", -1);
    if (path.length != 5) {
      text(exchange, 404, "want /containerLogs/{namespace}/{pod}/{container}");
      return;
    }
    Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
    boolean previous = "true".equals(query.get("previous"));
    Optional<Source> source = logs.find(path[2], path[3], path[4], previous);
    if (source.isEmpty()) {
      String what = previous ? "previous terminated container" : "container";
      text(exchange, 404, "%s \"%s\" in pod \"%s\" has no log".formatted(what, path[4], path[3]));
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "text/plain");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody();
        RandomAccessFile in = new RandomAccessFile(source.get().file().toFile(), "r")) {
      in.seek(tailStart(in, Long.parseLong(query.getOrDefault("tailLines", "-1"))));
      long left = Long.parseLong(query.getOrDefault("limitBytes", "" + Long.MAX_VALUE));
      boolean follow = "true".equals(query.get("follow"));
      copy(in, out, left, follow ? source.get().growing() : () -> false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(
      RandomAccessFile in, OutputStream out, long limit, BooleanSupplier growing)
      throws IOException, InterruptedException {
    byte[] buffer = new byte[16 * 1024];
    long left = limit;
    while (left > 0) {
      // Asked before reading: what is written before the end is still read after it.
      boolean more = growing.getAsBoolean();
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count > 0) {
        out.write(buffer, 0, count);
        left -= count;
      } else if (more) {
        out.flush();
        Thread.sleep(200);
      } else {
        return;
      }
    }
  }

  /** Where the last so many lines begin; 0 for a negative number. */
  static long tailStart(RandomAccessFile in, long lines) throws IOException {
    if (lines < 0) {
      return 0;
    }
    byte[] block = new byte[8192];
    long end = in.length();
    long seen = 0;
    for (long to = end; to > 0; ) {
      long from = Math.max(0, to - block.length);
      in.seek(from);
      in.readFully(block, 0, (int) (to - from));
      for (long at = to - 1; at >= from; at--) {
        boolean lastByte = at == end - 1; // a final line break ends the last line, it begins none
        if (block[(int) (at - from)] == '\n' && !lastByte && ++seen == lines) {
          return at + 1;
        }
      }
      to = from;
    }
    return lines == 0 ? end : 0;
  }

  private static Map<String, String> query(@org.jspecify.annotations.Nullable String raw) {
    Map<String, String> out = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          out.put(
              pair.substring(0, equals),
              URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
      }
    }
    return out;
  }

  private static void text(HttpExchange exchange, int status, String message) throws IOException {
    byte[] body = (message + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}

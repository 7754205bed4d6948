package dev.epd.runtimeimage;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Health and metrics, apart from all work: {@code /livez} says whether the process is sound,
 * however busy; {@code /readyz} whether new work is welcome, and if not why; {@code /metrics} in
 * Prometheus' text format. {@code /waiting?millis=N} answers 200 as soon as work waits for pods
 * that are not there, and 204 when none does for so long: an autoscaler that is asleep need not
 * poll.
 */
final class HealthServer implements AutoCloseable {
  private static final long LONGEST_MILLIS = 60_000;
  private static final int MOST_WAITING = 64;

  private final HttpServer server;

  /** Waits for work, for so long at most; true if there is some. */
  interface Work {
    boolean await(Duration atMost) throws InterruptedException;
  }

  /**
   * What the pod says of itself; asked for each request, must not wait.
   *
   * @param reason one line when not live or not ready
   */
  record State(boolean live, boolean ready, String reason) {}

  private HealthServer(HttpServer server) {
    this.server = server;
  }

  /**
   * @param port 0 takes a free one
   * @throws IOException if the address cannot be bound
   */
  static HealthServer start(
      String host, int port, PrometheusMeterRegistry registry, Supplier<State> state, Work work)
      throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(host, port), 64);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen for health checks at " + host + ":" + port + ": " + e.getMessage(), e);
    }
    server.createContext(
        "/livez",
        exchange -> {
          State now = state.get();
          answer(exchange, now.live() ? 200 : 503, now.live() ? "ok" : now.reason());
        });
    server.createContext(
        "/readyz",
        exchange -> {
          State now = state.get();
          boolean ready = now.live() && now.ready();
          answer(exchange, ready ? 200 : 503, ready ? "ok" : now.reason());
        });
    server.createContext("/metrics", exchange -> answer(exchange, 200, registry.scrape()));
    Semaphore places = new Semaphore(MOST_WAITING);
    server.createContext("/waiting", exchange -> waiting(exchange, work, places));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return new HealthServer(server);
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void waiting(HttpExchange exchange, Work work, Semaphore places)
      throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    Matcher millis = Pattern.compile("millis=(\\d{1,6})").matcher(query);
    if (!millis.matches()) {
      answer(exchange, 400, "say how long to wait: /waiting?millis=1000");
      return;
    }
    if (!places.tryAcquire()) {
      answer(exchange, 503, "too many wait here already");
      return;
    }
    boolean works = false;
    try {
      long most = Math.min(LONGEST_MILLIS, Long.parseLong(millis.group(1)));
      works = work.await(Duration.ofMillis(most));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      places.release();
    }
    if (works) {
      answer(exchange, 200, "work waits");
    } else {
      try (exchange) {
        exchange.sendResponseHeaders(204, -1);
      }
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = (text.endsWith("\n") ? text : text + "\n").getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

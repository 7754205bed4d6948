package dev.epd.operator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The metrics page of every role: one page for all pods, since they share an address. */
final class FakeMetrics implements AutoCloseable {
  static final double RATE = 1000;

  /** Of every image. */
  private static final double PATCHES = 100;

  static final int KV_SLOTS = 8;

  private final HttpServer server;
  private final long started = System.nanoTime();
  private volatile double arrivingPerSecond;
  private volatile double queued;
  private volatile boolean silent;
  private volatile Map<String, Long> held = Map.of();
  private volatile String more = "";
  private volatile int running;
  private volatile double prefillTokens;
  private volatile int kvSlotsFree = KV_SLOTS;
  private volatile double queried;
  private volatile int waitingForDecode;
  private volatile @Nullable String frozen;
  private double arrived;
  private double busy;
  private long last = System.nanoTime();

  FakeMetrics(String address) throws IOException {
    this(address, 0);
  }

  FakeMetrics(String address, int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), port), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/metrics",
        exchange -> {
          String kept = frozen;
          byte[] page = (kept != null ? kept : page()).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(silent ? 503 : 200, page.length);
          try (var body = exchange.getResponseBody()) {
            body.write(page);
          }
        });
    server.createContext("/waiting", this::waiting);
    server.createContext(
        "/api/v1/query",
        exchange -> {
          byte[] answer =
              """
              {"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"%f"]}]}}
              """
                  .formatted(queried)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(silent ? 503 : 200, answer.length);
          try (var body = exchange.getResponseBody()) {
            body.write(answer);
          }
        });
    server.start();
  }

  /** As a gateway does, but it looks every few milliseconds. */
  private void waiting(HttpExchange exchange) throws IOException {
    long millis = Long.parseLong(exchange.getRequestURI().getQuery().replace("millis=", ""));
    long end = System.nanoTime() + millis * 1_000_000;
    try (exchange) {
      while (queued == 0 && System.nanoTime() < end) {
        Thread.sleep(5);
      }
      exchange.sendResponseHeaders(queued > 0 ? 200 : 204, -1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  void load(double patchesPerSecond, double patchesQueued) {
    arrivingPerSecond = patchesPerSecond;
    queued = patchesQueued;
  }

  /** Patches that gateways have given to encoders, by pod. */
  void held(Map<String, Long> patches) {
    held = Map.copyOf(patches);
  }

  /** Further lines of the page. */
  void says(String lines) {
    more = lines;
  }

  /** Calls inside each pod. */
  void running(int calls) {
    running = calls;
  }

  void language(double tokensAtPrefill, int slotsFreePerPod) {
    prefillTokens = tokensAtPrefill;
    kvSlotsFree = slotsFreePerPod;
  }

  /** What the Prometheus server says, whatever it is asked. */
  void queried(double value) {
    queried = value;
  }

  void silent(boolean now) {
    silent = now;
  }

  /** Requests that wait for a slot at decode. */
  void waitingForDecode(int requests) {
    waitingForDecode = requests;
  }

  /** From now on every page is the same, byte for byte. */
  void freeze() {
    frozen = page();
  }

  void thaw() {
    frozen = null;
  }

  private synchronized String page() {
    long now = System.nanoTime();
    double elapsed = (now - last) / 1e9;
    last = now;
    arrived += arrivingPerSecond * elapsed;
    busy += arrivingPerSecond > 0 ? elapsed : 0;
    String outstanding =
        held.entrySet().stream()
            .map(
                e ->
                    "epd_image_outstanding_patches{encoder=\"%s\"} %d%n"
                        .formatted(e.getKey(), e.getValue()))
            .collect(Collectors.joining());
    return outstanding
        + more
        + """
    # HELP epd_image_queue_images Images that wait.
    # TYPE epd_image_queue_images gauge
    epd_image_queue_images %d
    epd_image_queue_patches %f
    epd_image_queue_oldest_seconds 0.0
    epd_image_arrived_images_total %f
    epd_image_arrived_patches_total %f
    epd_image_outstanding_patches{encoder="a\\"b"} 0.0
    epd_encoder_busy_seconds_total %f
    epd_encoder_patches_total %f
    epd_encoder_images_total %f
    epd_role_running %d
    epd_prefill_queue_tokens %f
    epd_queue_blocked_requests{by="prefill"} 0.0
    epd_queue_blocked_requests{by="decode"} %d
    epd_kv_slots %d
    epd_kv_slots_free %d
    process_uptime_seconds %f
    """
            .formatted(
                Math.round(queued / PATCHES),
                queued,
                arrived / PATCHES,
                arrived,
                busy,
                busy * RATE,
                busy * RATE / PATCHES,
                running,
                prefillTokens,
                waitingForDecode,
                KV_SLOTS,
                kvSlotsFree,
                (now - started) / 1e9);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

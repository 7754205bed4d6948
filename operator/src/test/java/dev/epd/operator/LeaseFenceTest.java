package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor.RequestTags;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LeaseFenceTest {
  private static final String LEASE = "/apis/coordination.k8s.io/v1/namespaces/a/leases/l";
  private static final String POOL = "/apis/epd.dev/v1alpha1/namespaces/a/epdpools/p";
  private static final Duration VALID = Duration.ofSeconds(12);

  private final AtomicLong nanos = new AtomicLong(1);
  private final AtomicInteger ended = new AtomicInteger();
  private final LeaseFence fence = new LeaseFence(VALID, nanos::get, ended::incrementAndGet);

  @Test
  void whoStoodStillBeyondItsLeaseWritesNothing() {
    ask("PUT", LEASE, 200);
    pass(VALID);
    ask("PATCH", POOL, 200);
    assertThat(ended).hasValue(0);

    pass(Duration.ofMillis(1));
    ask("GET", POOL, 200);
    assertThat(ended).hasValue(0);
    ask("PATCH", POOL + "/status", 200);
    assertThat(ended).hasValue(1);
  }

  @Test
  void aRenewalCountsFromWhenItWasAskedFor() {
    HttpRequest renewal = before("PUT", LEASE);
    pass(VALID);
    after(renewal, 200);

    pass(Duration.ofMillis(1));
    ask("PATCH", POOL, 200);

    assertThat(ended).hasValue(1);
  }

  @Test
  void aRenewalThatIsRefusedIsNone() {
    ask("POST", "/apis/coordination.k8s.io/v1/namespaces/a/leases", 201);
    pass(VALID);
    ask("PUT", LEASE, 409);

    pass(Duration.ofMillis(1));
    ask("DELETE", POOL, 200);

    assertThat(ended).hasValue(1);
  }

  /** By the product's own client, which must hand the request that it sent to whom it tells. */
  @Test
  void anAnswerFromBeforeIsNoRenewalOfWhatWasAskedSince() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch isRefused = new CountDownLatch(1);
    Vertx vertx = Vertx.vertx();
    try (ApiServer server = new ApiServer(asked, isRefused);
        KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty()).withMasterUrl(server.url()).build())
                .withHttpClientFactory(new CompressedHttp(vertx))
                .withHttpClientBuilderConsumer(http -> http.addOrReplaceInterceptor("lease", fence))
                .build()) {
      CompletableFuture<String> renewal =
          CompletableFuture.supplyAsync(() -> client.raw(LEASE, "PUT", "{}"));
      asked.await();
      pass(VALID.plusMillis(1));
      assertThatThrownBy(() -> client.raw(LEASE, "PUT", "{}")).hasMessageContaining("409");
      isRefused.countDown();
      renewal.get();

      client.raw(POOL, "PUT", "{}");

      assertThat(ended).hasValue(1);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  @Test
  void oneAfterTheOtherKeepsTheLead() {
    for (int i = 0; i < 5; i++) {
      ask("PUT", LEASE, 200);
      pass(VALID);
      ask("PATCH", POOL, 200);
    }

    assertThat(ended).hasValue(0);
  }

  @Test
  void withoutAnElectionNothingIsHeldUp() {
    pass(VALID.multipliedBy(10));
    ask("PATCH", POOL, 200);

    assertThat(ended).hasValue(0);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void ask(String method, String path, int code) {
    after(before(method, path), code);
  }

  private HttpRequest before(String method, String path) {
    StandardHttpRequest request =
        new StandardHttpRequest(Map.of(), URI.create("https://10.0.0.1:6443" + path), method, "{}");
    StandardHttpRequest.Builder sent = request.newBuilder();
    fence.before(sent, request, new NoTags());
    return sent.build();
  }

  private void after(HttpRequest request, int code) {
    fence.after(request, new Answer(request, code), (chunk, body) -> {});
  }

  /** Takes the first write of a lease, answers it late, and refuses the next. */
  private static final class ApiServer implements AutoCloseable {
    private final HttpServer http;

    ApiServer(CountDownLatch asked, CountDownLatch answer) throws IOException {
      AtomicInteger leases = new AtomicInteger();
      http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
      http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      http.createContext("/", exchange -> answer(exchange, 200));
      http.createContext(
          LEASE,
          exchange -> {
            if (leases.incrementAndGet() > 1) {
              answer(exchange, 409);
              return;
            }
            asked.countDown();
            try {
              answer.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            answer(exchange, 200);
          });
      http.start();
    }

    String url() {
      return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, int code) throws IOException {
      byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
      try (exchange) {
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
      }
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  private static final class NoTags implements RequestTags {
    @Override
    public <T> @Nullable T getTag(Class<T> type) {
      return null;
    }
  }

  private record Answer(HttpRequest request, int code) implements HttpResponse<String> {
    @Override
    public String body() {
      return "";
    }

    @Override
    public Optional<HttpResponse<?>> previousResponse() {
      return Optional.empty();
    }

    @Override
    public List<String> headers(String key) {
      return List.of();
    }

    @Override
    public Map<String, List<String>> headers() {
      return Map.of();
    }
  }
}

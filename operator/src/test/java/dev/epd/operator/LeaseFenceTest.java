package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor.RequestTags;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    fence.before(request.newBuilder(), request, new NoTags());
    return request;
  }

  private void after(HttpRequest request, int code) {
    fence.after(request, new Answer(request, code), (chunk, body) -> {});
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

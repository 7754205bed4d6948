package dev.epd.runtimeimage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HealthServerTest {
  private static final HealthServer.State SOUND = new HealthServer.State(true, true, "");

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  @Timeout(60)
  void whoWaitsForWorkIsAnsweredWhenThereIsSome() throws Exception {
    CountDownLatch work = new CountDownLatch(1);
    try (HealthServer server =
        start(atMost -> work.await(atMost.toMillis(), TimeUnit.MILLISECONDS))) {
      assertThat(get(server, "/waiting?millis=1").statusCode()).isEqualTo(204);
      var waits = http.sendAsync(request(server, "/waiting?millis=60000"), text());
      assertThat(waits.isDone()).isFalse();
      work.countDown();
      assertThat(waits.get().statusCode()).isEqualTo(200);
    }
  }

  @Test
  void whoDoesNotSayHowLongIsTold() throws Exception {
    try (HealthServer server = start(atMost -> true)) {
      for (String query : new String[] {"", "?millis=", "?millis=-1", "?millis=99999999"}) {
        assertThat(get(server, "/waiting" + query).statusCode()).as(query).isEqualTo(400);
      }
      assertThat(get(server, "/waiting").body()).contains("/waiting?millis=1000");
    }
  }

  private HealthServer start(HealthServer.Work work) throws IOException {
    return HealthServer.start(
        "127.0.0.1", 0, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), () -> SOUND, work);
  }

  private HttpResponse<String> get(HealthServer server, String path) throws Exception {
    return http.send(request(server, path), text());
  }

  private static HttpRequest request(HealthServer server, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .timeout(Duration.ofSeconds(30))
        .build();
  }

  private static HttpResponse.BodyHandler<String> text() {
    return HttpResponse.BodyHandlers.ofString();
  }
}

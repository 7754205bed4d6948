package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HttpLoadSourceTest {

  @Test
  @Timeout(60)
  void aPodThatStopsInTheMiddleOfItsPageHasGivenNone() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    HttpServer pod =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    pod.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    pod.createContext(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write("a 1".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    pod.start();
    try (HttpLoadSource source =
        new HttpLoadSource(pod.getAddress().getPort(), Clock.systemUTC())) {
      Scrape scrape =
          source.read(new LoadTargets(List.of(new Endpoint("stuck", "127.0.0.1")), List.of()));

      assertThat(scrape.gateways()).containsExactly(new Scrape.Page("stuck", null));
    } finally {
      end.countDown();
      pod.stop(0);
    }
  }
}

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
          source.read(
              new LoadTargets(List.of(new Endpoint("stuck", "127.0.0.1")), List.of(), List.of()));

      assertThat(scrape.gateways()).containsExactly(new Scrape.Page("stuck", null));
    } finally {
      end.countDown();
      pod.stop(0);
    }
  }

  @Test
  @Timeout(60)
  void aGatewayThatLeavesCountsWhileItAnswers() throws Exception {
    HttpServer old = HttpServer.create(new InetSocketAddress("127.83.9.1", 0), 0);
    HttpServer ready =
        HttpServer.create(new InetSocketAddress("127.83.9.2", old.getAddress().getPort()), 0);
    for (HttpServer gateway : List.of(old, ready)) {
      gateway.createContext(
          "/metrics",
          exchange -> {
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write("a 1\n".getBytes(StandardCharsets.UTF_8));
            exchange.close();
          });
      gateway.start();
    }
    List<Endpoint> takesRequests = List.of(new Endpoint("ready", "127.83.9.2"));
    List<Endpoint> leaving = List.of(new Endpoint("old", "127.83.9.1"));
    try (HttpLoadSource source =
        new HttpLoadSource(old.getAddress().getPort(), Clock.systemUTC())) {
      LoadTargets targets = new LoadTargets(takesRequests, leaving, List.of());
      assertThat(source.read(targets).gateways())
          .extracting(Scrape.Page::pod)
          .containsExactly("ready", "old");
      assertThat(source.read(new LoadTargets(List.of(), leaving, List.of())).gateways())
          .as("nobody takes requests: the load is not known")
          .isEmpty();
      old.stop(0);
      assertThat(source.read(targets).gateways())
          .extracting(Scrape.Page::pod)
          .containsExactly("ready");
      ready.stop(0);
      assertThat(source.read(targets).gateways()).containsExactly(new Scrape.Page("ready", null));
    } finally {
      old.stop(0);
      ready.stop(0);
    }
  }
}

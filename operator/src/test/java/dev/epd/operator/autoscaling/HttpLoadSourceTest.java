package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
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
  void anyGatewayWakesAPoolThatSleeps() throws Exception {
    HttpServer quiet = HttpServer.create(new InetSocketAddress("127.83.9.1", 0), 0);
    HttpServer busy =
        HttpServer.create(new InetSocketAddress("127.83.9.2", quiet.getAddress().getPort()), 0);
    quiet.createContext("/waiting", exchange -> answer(exchange, 204));
    busy.createContext("/waiting", exchange -> answer(exchange, 200));
    quiet.start();
    busy.start();
    try (HttpLoadSource source =
        new HttpLoadSource(quiet.getAddress().getPort(), Clock.systemUTC())) {
      Duration briefly = Duration.ofMillis(50);
      Endpoint older = new Endpoint("older", "127.83.9.3");
      LoadTargets none = targets(new Endpoint("quiet", "127.83.9.1"), older);
      LoadTargets one =
          targets(new Endpoint("quiet", "127.83.9.1"), older, new Endpoint("busy", "127.83.9.2"));

      assertThat(source.awaitNextLook(none, true, briefly)).isFalse();
      assertThat(source.awaitNextLook(one, true, Duration.ofHours(1))).isTrue();
      assertThat(source.awaitNextLook(one, false, briefly)).as("is awake").isFalse();
    } finally {
      quiet.stop(0);
      busy.stop(0);
    }
  }

  private static LoadTargets targets(Endpoint... gateways) {
    return new LoadTargets(List.of(gateways), List.of(), List.of());
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(status, -1);
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

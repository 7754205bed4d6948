package dev.epd.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ExchangeTest {
  @Test
  void aClientThatTakesNothingIsCutAndHoldsLittle() throws Exception {
    List<String> outcomes = new CopyOnWriteArrayList<>();
    var written = new CompletableFuture<Long>();
    Vertx vertx = Vertx.vertx();
    try {
      var server =
          vertx
              .createHttpServer()
              .requestHandler(
                  request -> {
                    var exchange =
                        new Exchange(
                            vertx.getOrCreateContext(),
                            request.response(),
                            Duration.ofMillis(700),
                            (status, code) -> outcomes.add(code));
                    Thread.startVirtualThread(() -> written.complete(fill(exchange)));
                  });
      int port =
          server
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS)
              .actualPort();
      try (var socket = new Socket("127.0.0.1", port)) {
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

        // Far more than any socket buffers: without back-pressure it would all be in memory.
        assertThat(written.get(60, TimeUnit.SECONDS)).isLessThan(LIMIT);
        assertThat(outcomes).containsExactly("slow_client");
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  private static final long LIMIT = 512L << 20;

  private static long fill(Exchange exchange) {
    byte[] data = new byte[256 * 1024];
    long sent = 0;
    try {
      while (sent < LIMIT) {
        exchange.event(data);
        sent += data.length;
      }
    } catch (ClientGoneException e) {
      return sent;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return sent;
  }
}

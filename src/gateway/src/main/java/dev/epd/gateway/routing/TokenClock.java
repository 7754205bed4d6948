package dev.epd.gateway.routing;

import dev.epd.gateway.metrics.GatewayMetrics;
import java.time.Duration;

/** Times of one request, from its arrival on. One thread. */
final class TokenClock {
  private final GatewayMetrics metrics;
  private final long arrived = System.nanoTime();
  private boolean started;
  private long lastToken;
  private boolean any;

  TokenClock(GatewayMetrics metrics) {
    this.metrics = metrics;
  }

  /** Places were granted for the first time. */
  void started() {
    if (!started) {
      started = true;
      metrics.queueWait(sinceArrival());
    }
  }

  void token() {
    long now = System.nanoTime();
    if (any) {
      metrics.interToken(Duration.ofNanos(now - lastToken));
    } else {
      any = true;
      metrics.firstToken(sinceArrival());
    }
    lastToken = now;
  }

  Duration sinceArrival() {
    return Duration.ofNanos(System.nanoTime() - arrived);
  }
}

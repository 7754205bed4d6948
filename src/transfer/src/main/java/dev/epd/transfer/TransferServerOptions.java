package dev.epd.transfer;

import java.time.Duration;
import java.time.InstantSource;

/**
 * Bounds of a server.
 *
 * @param maxConnections further ones are told BUSY
 * @param maxHandshakes connections that have not shown a valid ticket yet; the oldest one gives way
 * @param handshakeTimeout for showing it
 * @param idleTimeout silence after which a pusher counts as dead; pushers ping more often
 * @param pingInterval how often a quiet connection is told that we live
 * @param clock for leases
 * @param metrics counters
 */
public record TransferServerOptions(
    int maxConnections,
    int maxHandshakes,
    Duration handshakeTimeout,
    Duration idleTimeout,
    Duration pingInterval,
    InstantSource clock,
    TransferMetrics metrics) {
  public static TransferServerOptions defaults() {
    return new TransferServerOptions(
        1024,
        256,
        Duration.ofSeconds(10),
        Duration.ofSeconds(20),
        Duration.ofSeconds(2),
        InstantSource.system(),
        TransferMetrics.NONE);
  }

  public TransferServerOptions withMaxConnections(int connections, int handshakes) {
    return new TransferServerOptions(
        connections, handshakes, handshakeTimeout, idleTimeout, pingInterval, clock, metrics);
  }

  public TransferServerOptions withTimeouts(Duration handshake, Duration idle, Duration ping) {
    return new TransferServerOptions(
        maxConnections, maxHandshakes, handshake, idle, ping, clock, metrics);
  }

  public TransferServerOptions withClock(InstantSource newClock) {
    return new TransferServerOptions(
        maxConnections,
        maxHandshakes,
        handshakeTimeout,
        idleTimeout,
        pingInterval,
        newClock,
        metrics);
  }

  public TransferServerOptions withMetrics(TransferMetrics newMetrics) {
    return new TransferServerOptions(
        maxConnections,
        maxHandshakes,
        handshakeTimeout,
        idleTimeout,
        pingInterval,
        clock,
        newMetrics);
  }
}

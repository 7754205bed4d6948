package dev.epd.gateway;

import dev.epd.contract.Role;
import dev.epd.gateway.queue.QueueLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Everything a gateway is told at its start. {@link #defaults} is a working set; the {@code with}
 * methods change one thing each.
 *
 * @param bindHost address to listen on
 * @param port 0 takes a free one
 * @param servedModel the name clients must ask for
 * @param topology the pools that exist, prefill always among them; without encoder images go inline
 *     to prefill, without decode prefill generates
 * @param apiKeyFile one key a line, {@code key} or {@code name:key}; read again when it changes;
 *     absent: anyone may ask
 * @param maxBodyBytes of one request
 * @param maxHeldBytes of all request bodies and pictures in memory together
 * @param defaultTimeout for a request that names none
 * @param maxTimeout the most a client may ask for in {@code x-request-timeout-ms}
 * @param keepAlive a stream that has been silent so long gets a comment
 * @param slowClientTimeout a stream whose client takes nothing for so long is cut
 * @param defaultMaxTokens of an answer when the request names no number, or less where the context
 *     ends; a place for all of them is reserved before work begins, so it is not the whole context
 * @param queue how much may wait
 */
public record GatewayConfig(
    String bindHost,
    int port,
    String servedModel,
    Set<Role> topology,
    Optional<Path> apiKeyFile,
    long maxBodyBytes,
    long maxHeldBytes,
    Duration defaultTimeout,
    Duration maxTimeout,
    Duration keepAlive,
    Duration slowClientTimeout,
    int defaultMaxTokens,
    QueueLimits queue) {

  public GatewayConfig {
    topology = Set.copyOf(topology);
    if (!topology.contains(Role.PREFILL)) {
      throw new IllegalArgumentException(
          "the topology must contain prefill: without it nothing computes an answer");
    }
    if (servedModel.isBlank()) {
      throw new IllegalArgumentException("the served model name must not be empty");
    }
    if (maxBodyBytes < 1 || maxHeldBytes < maxBodyBytes) {
      throw new IllegalArgumentException(
          "maxHeldBytes must be at least maxBodyBytes, and both positive");
    }
    if (defaultTimeout.compareTo(maxTimeout) > 0) {
      throw new IllegalArgumentException("defaultTimeout must not exceed maxTimeout");
    }
  }

  /** Listens on all addresses, port 8000, with limits that fit the heap of this process. */
  public static GatewayConfig defaults(String servedModel, Set<Role> topology) {
    long heap = Runtime.getRuntime().maxMemory();
    long body = Math.max(1L << 20, Math.min(64L << 20, heap / 10));
    return new GatewayConfig(
        "0.0.0.0",
        8000,
        servedModel,
        topology,
        Optional.empty(),
        body,
        Math.max(body, heap / 5),
        Duration.ofSeconds(120),
        Duration.ofSeconds(600),
        Duration.ofSeconds(5),
        Duration.ofSeconds(60),
        1024,
        QueueLimits.DEFAULT);
  }

  /** Another address and port to listen on. */
  public GatewayConfig withBind(String host, int newPort) {
    return new GatewayConfig(
        host,
        newPort,
        servedModel,
        topology,
        apiKeyFile,
        maxBodyBytes,
        maxHeldBytes,
        defaultTimeout,
        maxTimeout,
        keepAlive,
        slowClientTimeout,
        defaultMaxTokens,
        queue);
  }

  /** Only bearers of a key in this file may ask. */
  public GatewayConfig withApiKeyFile(Path file) {
    return new GatewayConfig(
        bindHost,
        port,
        servedModel,
        topology,
        Optional.of(file),
        maxBodyBytes,
        maxHeldBytes,
        defaultTimeout,
        maxTimeout,
        keepAlive,
        slowClientTimeout,
        defaultMaxTokens,
        queue);
  }

  /** Another bound on one request's body. */
  public GatewayConfig withMaxBodyBytes(long bytes) {
    return new GatewayConfig(
        bindHost,
        port,
        servedModel,
        topology,
        apiKeyFile,
        bytes,
        Math.max(bytes, maxHeldBytes),
        defaultTimeout,
        maxTimeout,
        keepAlive,
        slowClientTimeout,
        defaultMaxTokens,
        queue);
  }

  /** Other timeouts for requests that name none, and for silent streams. */
  public GatewayConfig withTimeouts(Duration newDefault, Duration newMax, Duration newKeepAlive) {
    return new GatewayConfig(
        bindHost,
        port,
        servedModel,
        topology,
        apiKeyFile,
        maxBodyBytes,
        maxHeldBytes,
        newDefault,
        newMax,
        newKeepAlive,
        slowClientTimeout,
        defaultMaxTokens,
        queue);
  }

  /** A stream whose client takes nothing for so long is cut. */
  public GatewayConfig withSlowClientTimeout(Duration timeout) {
    return new GatewayConfig(
        bindHost,
        port,
        servedModel,
        topology,
        apiKeyFile,
        maxBodyBytes,
        maxHeldBytes,
        defaultTimeout,
        maxTimeout,
        keepAlive,
        timeout,
        defaultMaxTokens,
        queue);
  }

  /** Other bounds on what may wait. */
  public GatewayConfig withQueue(QueueLimits limits) {
    return new GatewayConfig(
        bindHost,
        port,
        servedModel,
        topology,
        apiKeyFile,
        maxBodyBytes,
        maxHeldBytes,
        defaultTimeout,
        maxTimeout,
        keepAlive,
        slowClientTimeout,
        defaultMaxTokens,
        limits);
  }
}

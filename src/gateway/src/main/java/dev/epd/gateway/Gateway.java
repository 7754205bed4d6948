package dev.epd.gateway;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.contract.TicketSigner;
import dev.epd.gateway.endpoints.Channels;
import dev.epd.gateway.endpoints.Endpoint;
import dev.epd.gateway.endpoints.EndpointSource;
import dev.epd.gateway.endpoints.Node;
import dev.epd.gateway.endpoints.NodeDirectory;
import dev.epd.gateway.endpoints.NodeDirectory.Misfit;
import dev.epd.gateway.http.ApiKeys;
import dev.epd.gateway.http.OpenAiServer;
import dev.epd.gateway.metrics.GatewayMetrics;
import dev.epd.gateway.queue.Dispatcher;
import dev.epd.gateway.routing.ChatService;
import dev.epd.modelspec.ModelSpec;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running gateway. {@link #start} puts it together; {@link #drain} and {@link #close} end it. */
public final class Gateway implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Gateway.class);
  private static final Duration KEY_REFRESH = Duration.ofSeconds(5);

  private final EndpointSource source;
  private final NodeDirectory directory;
  private final ChatService chat;
  private final Dispatcher dispatcher;
  private final OpenAiServer server;
  private final Thread keyRefresh;
  private volatile boolean watching;
  private volatile boolean listening;
  private volatile boolean draining;
  private volatile int port;

  private Gateway(
      GatewayConfig config,
      MeterRegistry registry,
      EndpointSource source,
      ModelSpec spec,
      ClusterKey key,
      ApiKeys apiKeys) {
    var metrics = new GatewayMetrics(registry);
    metrics.watch(config.topology());
    Clock clock = Clock.systemUTC();
    this.source = source;
    this.dispatcher =
        new Dispatcher(
            config.queue(),
            config.topology(),
            System::nanoTime,
            worker -> metrics.encoderRemoved(worker));
    metrics.watch(dispatcher);
    this.directory =
        new NodeDirectory(
            spec.fingerprint(),
            new Channels(key, clock, Thread::startVirtualThread),
            new DirectoryListener(dispatcher, metrics, config.topology()));
    this.chat =
        new ChatService(config, spec, new TicketSigner(key), dispatcher, directory, metrics, clock);
    this.server = new OpenAiServer(config, apiKeys, chat, this::readiness, metrics, clock);
    this.keyRefresh = Thread.ofVirtual().name("api-keys").unstarted(() -> refreshForever(apiKeys));
  }

  /**
   * Passes nodes of the topology on to the dispatcher; pods of pools that are not used are left
   * alone.
   */
  private record DirectoryListener(
      Dispatcher dispatcher, GatewayMetrics metrics, Set<Role> topology)
      implements NodeDirectory.Listener {

    @Override
    public void usable(Collection<Node> nodes) {
      var used = new HashSet<Node>();
      for (Node node : nodes) {
        if (topology.contains(node.role())) {
          used.add(node);
          if (node.role() == Role.ENCODER) {
            metrics.encoderAdded(node, dispatcher);
          }
        }
      }
      metrics.usableNow(used);
      dispatcher.setWorkers(used);
    }

    @Override
    public void refused(Endpoint endpoint, String reason) {
      metrics.nodeRefused(reason);
    }

    @Override
    public void refusedNow(Map<Misfit, Integer> pods) {
      var used = new HashMap<>(pods);
      used.keySet().removeIf(misfit -> !topology.contains(misfit.role()));
      metrics.refusedNow(used);
    }
  }

  /**
   * Starts watching pods and listening.
   *
   * @param source closed with the gateway
   * @param spec stays the caller's
   * @throws IOException when the API key file cannot be read or holds none
   * @throws IllegalStateException when the address cannot be used
   */
  public static Gateway start(
      GatewayConfig config,
      MeterRegistry registry,
      EndpointSource source,
      ModelSpec spec,
      ClusterKey key)
      throws IOException {
    ApiKeys apiKeys =
        config.apiKeyFile().isPresent() ? ApiKeys.load(config.apiKeyFile().get()) : ApiKeys.open();
    var gateway = new Gateway(config, registry, source, spec, key, apiKeys);
    boolean started = false;
    try {
      gateway.begin(config.apiKeyFile().isPresent());
      started = true;
      return gateway;
    } finally {
      if (!started) {
        gateway.close();
      }
    }
  }

  private void begin(boolean withKeys) {
    source.start(
        endpoints -> {
          directory.update(endpoints);
          watching = true;
        });
    port = server.start();
    listening = true;
    if (withKeys) {
      keyRefresh.start();
    }
    log.info("the gateway listens on port {}", port);
  }

  private static void refreshForever(ApiKeys keys) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Thread.sleep(KEY_REFRESH);
        try {
          keys.refresh();
        } catch (IOException | RuntimeException e) {
          log.warn("the API keys cannot be read again, the old ones stay: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The port it listens on. */
  public int port() {
    return port;
  }

  /** For the health checks of this process. */
  public Readiness readiness() {
    String reason = "";
    if (draining) {
      reason = "draining: running requests are being finished";
    } else if (!listening) {
      reason = "starting";
    } else if (!watching) {
      reason = "waiting for the first list of pods";
    }
    return new Readiness(true, reason.isEmpty(), reason);
  }

  /** Requests that have no outcome yet. */
  public int activeRequests() {
    return chat.active();
  }

  /** Returns true as soon as an image waits for an encoder, false when none does in time. */
  public boolean awaitImages(Duration atMost) throws InterruptedException {
    return dispatcher.awaitImages(atMost);
  }

  /**
   * Takes no new requests and waits for the running ones. Returns whether all have ended in time;
   * what has not is cut by {@link #close}.
   */
  public boolean drain(Duration limit) throws InterruptedException {
    draining = true;
    long end = System.nanoTime() + limit.toNanos();
    while (chat.active() > 0 || server.openExchanges() > 0) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return true;
  }

  /** Stops at once. */
  @Override
  public void close() {
    draining = true;
    keyRefresh.interrupt();
    source.close();
    server.close();
    directory.close();
  }
}

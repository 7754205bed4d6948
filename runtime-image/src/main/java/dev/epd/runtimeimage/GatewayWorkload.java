package dev.epd.runtimeimage;

import dev.epd.contract.ClusterKey;
import dev.epd.gateway.Gateway;
import dev.epd.gateway.GatewayConfig;
import dev.epd.gateway.Readiness;
import dev.epd.gateway.endpoints.EndpointSource;
import dev.epd.gateway.endpoints.StaticEndpointSource;
import dev.epd.gateway.endpoints.kubernetes.PodEndpointSource;
import dev.epd.gateway.queue.QueueLimits;
import dev.epd.modelspec.ModelSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** The gateway, and the Kubernetes client it watches pods with. */
record GatewayWorkload(Gateway gateway, Optional<KubernetesClient> client, Duration grace)
    implements Workload {
  static GatewayWorkload start(Flags flags, ModelSpec spec, ClusterKey key, MeterRegistry registry)
      throws IOException {
    GatewayConfig config =
        GatewayConfig.defaults(flags.servedName(), flags.pools())
            .withBind(flags.bindAddress, flags.httpPort)
            .withQueue(queue(flags));
    if (flags.apiKeysFile != null) {
      config = config.withApiKeyFile(flags.apiKeysFile);
    }
    Optional<KubernetesClient> client =
        flags.endpoints == null
            ? Optional.of(new KubernetesClientBuilder().build())
            : Optional.empty();
    boolean started = false;
    try {
      EndpointSource source =
          client.isPresent()
              ? new PodEndpointSource(
                  client.get(),
                  Objects.requireNonNull(flags.namespace),
                  Objects.requireNonNull(flags.cluster),
                  Optional.ofNullable(flags.compatibilityKey))
              : StaticEndpointSource.parse(Objects.requireNonNull(flags.endpoints));
      Gateway gateway = Gateway.start(config, registry, source, spec, key);
      started = true;
      return new GatewayWorkload(gateway, client, flags.drainGrace);
    } finally {
      if (!started) {
        client.ifPresent(KubernetesClient::close);
      }
    }
  }

  private static QueueLimits queue(Flags flags) {
    QueueLimits defaults = QueueLimits.DEFAULT;
    return new QueueLimits(
        flags.queueMaxImages == null ? defaults.maxImages() : flags.queueMaxImages,
        flags.queueMaxPatches == null ? defaults.maxPatches() : flags.queueMaxPatches,
        flags.queueMaxBytes == null ? defaults.maxBytes() : flags.queueMaxBytes,
        defaults.maxTextRequests());
  }

  @Override
  public HealthServer.State state() {
    Readiness now = gateway.readiness();
    return new HealthServer.State(now.live(), now.ready(), now.reason());
  }

  @Override
  public String address() {
    return "port " + gateway.port();
  }

  @Override
  public boolean awaitWork(Duration atMost) throws InterruptedException {
    return gateway.awaitImages(atMost);
  }

  /** The gateway refuses new requests as soon as it drains, so the grace period comes before. */
  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    Thread.sleep(grace);
    return gateway.drain(timeout);
  }

  @Override
  public void close() {
    gateway.close();
    client.ifPresent(KubernetesClient::close);
  }
}

package dev.epd.operator;

import dev.epd.operator.autoscaling.AutoscalerLoop;
import dev.epd.operator.autoscaling.HeldWorkReader;
import dev.epd.operator.autoscaling.HttpLoadSource;
import dev.epd.operator.autoscaling.RefusalReader;
import dev.epd.operator.autoscaling.ScalingMetrics;
import dev.epd.operator.kube.Events;
import dev.epd.operator.kube.SharedTexts;
import dev.epd.operator.kube.SharedTrees;
import dev.epd.operator.kube.Unreadable;
import dev.epd.operator.pool.DrainWatch;
import dev.epd.operator.pool.ScaleDowns;
import dev.epd.planner.ApiServerPorts;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.kubernetes.client.KubernetesClientObjectMapperCustomizer;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Puts the parts together; the parts themselves know no container. */
@Singleton
public class Wiring {

  @Produces
  @Singleton
  InstantSource clock() {
    return Clock.systemUTC();
  }

  @Produces
  @Singleton
  KubernetesClientObjectMapperCustomizer reading() {
    return mapper -> mapper.registerModules(new SharedTrees(), new SharedTexts(), new Unreadable());
  }

  /**
   * As Quarkus would make it, counted, held to the lease, and with answers compressed where they
   * are long.
   */
  @Produces
  @Singleton
  KubernetesClient client(
      Config config, KubernetesSerialization serialization, MeterRegistry registry, Vertx vertx) {
    Interceptor counts = new ApiRequestMetrics(registry);
    Interceptor fence = new LeaseFence(Leadership.SURE, System::nanoTime, Leadership::lost);
    return new KubernetesClientBuilder()
        .withHttpClientFactory(new CompressedHttp(vertx))
        .withConfig(config)
        .withKubernetesSerialization(serialization)
        .withHttpClientBuilderConsumer(
            http ->
                http.addOrReplaceInterceptor("metrics", counts)
                    .addOrReplaceInterceptor("lease", fence))
        .build();
  }

  @Produces
  @Singleton
  Metrics metrics(MeterRegistry registry) {
    return new ReconcileMetrics(registry);
  }

  @Produces
  @Singleton
  Events events(
      KubernetesClient client,
      InstantSource clock,
      @ConfigProperty(name = "pod.name", defaultValue = "epd-operator") String instance) {
    return new Events(client, clock, instance);
  }

  /** {@code EPD_API_SERVER_PORTS=443,6443}. */
  @Produces
  @Singleton
  ApiServerPorts apiServerPorts(
      @ConfigProperty(name = "epd.api-server-ports") Optional<List<Integer>> ports) {
    return ports.map(ApiServerPorts::new).orElse(ApiServerPorts.USUAL);
  }

  @Produces
  @Singleton
  HttpLoadSource load(InstantSource clock) {
    return new HttpLoadSource(HttpLoadSource.METRICS_PORT, clock);
  }

  @Produces
  @Singleton
  AutoscalerLoop autoscaler(
      KubernetesClient client,
      HttpLoadSource load,
      Events events,
      MeterRegistry registry,
      InstantSource clock) {
    return new AutoscalerLoop(client, load, events, new ScalingMetrics(registry), clock);
  }

  @Produces
  @Singleton
  ScaleDowns scaleDowns(KubernetesClient client, HttpLoadSource load) {
    return new ScaleDowns(client, new HeldWorkReader(load));
  }

  @Produces
  @Singleton
  DrainWatch drains(Events events, MeterRegistry registry) {
    return new DrainWatch(events, registry);
  }

  @Produces
  @Singleton
  RefusalReader refusals(HttpLoadSource load) {
    return new RefusalReader(load);
  }

  void stop(@Disposes KubernetesClient client) {
    client.close();
  }

  void stop(@Disposes AutoscalerLoop autoscaler) {
    autoscaler.close();
  }

  void stop(@Disposes HttpLoadSource load) {
    load.close();
  }
}

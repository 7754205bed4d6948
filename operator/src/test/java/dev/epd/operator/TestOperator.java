package dev.epd.operator;

import dev.epd.operator.autoscaling.AutoscalerLoop;
import dev.epd.operator.autoscaling.HeldWorkReader;
import dev.epd.operator.autoscaling.HttpLoadSource;
import dev.epd.operator.autoscaling.RefusalReader;
import dev.epd.operator.autoscaling.ScalingMetrics;
import dev.epd.operator.cluster.ClusterReconciler;
import dev.epd.operator.kube.Events;
import dev.epd.operator.pool.DrainWatch;
import dev.epd.operator.pool.PoolReconciler;
import dev.epd.operator.pool.ScaleDowns;
import dev.epd.planner.ApiServerPorts;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;

/** The operator's own parts, wired as {@link Wiring} does it, without the container around them. */
final class TestOperator implements AutoCloseable {
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final HttpLoadSource load;
  private final AutoscalerLoop autoscaler;
  private final Operator operator;

  TestOperator(KubernetesClient client, int metricsPort) {
    Clock clock = Clock.systemUTC();
    Events events = new Events(client, clock, "test");
    load = new HttpLoadSource(metricsPort, clock);
    autoscaler = new AutoscalerLoop(client, load, events, new ScalingMetrics(registry), clock);
    operator =
        new Operator(
            config ->
                config
                    .withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    .withMetrics(new ReconcileMetrics(registry))
                    .withStopOnInformerErrorDuringStartup(false)
                    .checkingCRDAndValidateLocalModel(false));
    ClusterReconciler clusters = new ClusterReconciler(client, events, clock, ApiServerPorts.USUAL);
    operator.register(clusters, clusters::updateConfigurationFrom);
    PoolReconciler pools =
        new PoolReconciler(
            autoscaler,
            new ScaleDowns(client, new HeldWorkReader(load)),
            new DrainWatch(events, registry),
            new RefusalReader(load),
            client.getKubernetesSerialization(),
            clock);
    operator.register(pools, pools::updateConfigurationFrom);
    operator.start();
  }

  @Override
  public void close() {
    operator.stop();
    autoscaler.close();
    load.close();
  }
}

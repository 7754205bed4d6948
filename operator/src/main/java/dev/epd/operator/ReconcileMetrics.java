package dev.epd.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the reconcilers do, in the registry. Labelled by kind, never by name: the number of series
 * must not grow with the number of objects.
 */
public final class ReconcileMetrics implements Metrics {
  private static final String CONTROLLER = "controller";

  private final MeterRegistry registry;

  /** Metrics in the given registry. */
  public ReconcileMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void eventReceived(Event event, Map<String, Object> metadata) {
    registry.counter("events.received").increment();
  }

  @Override
  public void reconciliationStarted(HasMetadata resource, Map<String, Object> metadata) {
    count("reconciliations.started", resource);
  }

  @Override
  public void reconciliationSucceeded(HasMetadata resource, Map<String, Object> metadata) {
    count("reconciliations.success", resource);
  }

  @Override
  public void reconciliationFailed(
      HasMetadata resource,
      @Nullable RetryInfo retry,
      Exception failure,
      Map<String, Object> metadata) {
    registry
        .counter(
            "reconciliations.failed",
            "kind",
            resource.getKind(),
            "exception",
            failure.getClass().getSimpleName())
        .increment();
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    Timer.Sample sample = Timer.start(registry);
    String outcome = "failure";
    try {
      T result = execution.execute();
      outcome = "success";
      return result;
    } finally {
      sample.stop(
          registry.timer(
              "reconciliations.execution.duration",
              CONTROLLER,
              execution.controllerName(),
              "outcome",
              outcome));
    }
  }

  private void count(String name, HasMetadata resource) {
    registry.counter(name, "kind", resource.getKind()).increment();
  }
}

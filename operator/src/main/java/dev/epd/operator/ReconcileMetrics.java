package dev.epd.operator;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.Controller;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the reconcilers do, in the registry. Labelled by kind, never by name: the number of series
 * must not grow with the number of objects.
 */
public final class ReconcileMetrics implements Metrics {
  private static final String CONTROLLER = "controller";

  /** Under which the framework tells the controller's name. */
  private static final String CONTROLLER_NAME = "controller.name";

  private final MeterRegistry registry;
  private final Map<String, AtomicInteger> pending = new ConcurrentHashMap<>();

  /** Metrics in the given registry. */
  public ReconcileMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void controllerRegistered(Controller<? extends HasMetadata> controller) {
    pending(controller.getConfiguration().getName());
  }

  @Override
  public void eventReceived(Event event, Map<String, Object> metadata) {
    registry.counter("events.received").increment();
  }

  @Override
  public void reconciliationSubmitted(
      HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
    pending(metadata).incrementAndGet();
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

  /** Told once for each that was submitted, also if the object was gone by then. */
  @Override
  public void reconciliationFinished(
      @Nullable HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
    pending(metadata).decrementAndGet();
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

  private AtomicInteger pending(Map<String, Object> metadata) {
    return pending(String.valueOf(metadata.get(CONTROLLER_NAME)));
  }

  /** Objects that wait for a thread or have one; not those that wait for another try. */
  private AtomicInteger pending(String controller) {
    return pending.computeIfAbsent(
        controller,
        name ->
            requireNonNull(
                registry.gauge(
                    "reconciliations.pending", Tags.of(CONTROLLER, name), new AtomicInteger())));
  }

  private void count(String name, HasMetadata resource) {
    registry.counter(name, "kind", resource.getKind()).increment();
  }
}

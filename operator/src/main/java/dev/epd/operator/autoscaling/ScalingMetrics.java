package dev.epd.operator.autoscaling;

import dev.epd.autoscaler.Decision;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/** What the loop counts of itself. */
public final class ScalingMetrics {
  private final MeterRegistry registry;

  /** Counters in the given registry. */
  public ScalingMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  void decided(Decision decision) {
    registry
        .counter(
            "epd.operator.scaling.decisions",
            "reason",
            decision.reason().name().toLowerCase(Locale.ROOT),
            "direction",
            decision.to() > decision.from() ? "up" : decision.changes() ? "down" : "none")
        .increment();
  }

  void failed() {
    registry.counter("epd.operator.scaling.failures").increment();
  }
}

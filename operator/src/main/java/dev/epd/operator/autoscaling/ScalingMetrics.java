package dev.epd.operator.autoscaling;

import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Limit;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.PoolState.Phase;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What the loop counts of itself. */
public final class ScalingMetrics {
  private final MeterRegistry registry;
  private final Timer decisions;
  private final Timer ready;

  /** Counters in the given registry. */
  public ScalingMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.decisions =
        Timer.builder("epd.operator.scaling.decision")
            .description("From the metrics read until the decision is written")
            .publishPercentileHistogram(false)
            .serviceLevelObjectives(
                Duration.ofMillis(5),
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2))
            .register(registry);
    this.ready =
        Timer.builder("epd.operator.scaling.ready")
            .description("From the first look that wanted more pods until they are ready")
            .serviceLevelObjectives(
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofSeconds(30),
                Duration.ofMinutes(1),
                Duration.ofMinutes(2),
                Duration.ofMinutes(5),
                Duration.ofMinutes(10))
            .register(registry);
  }

  void decided(Decision decision, boolean acted) {
    registry
        .counter(
            "epd.operator.scaling.decisions",
            "reason",
            decision.reason().name().toLowerCase(Locale.ROOT),
            "direction",
            !acted || !decision.changes()
                ? "none"
                : decision.to() > decision.from() ? "up" : "down")
        .increment();
  }

  void written(Duration time) {
    decisions.record(time);
  }

  void failed() {
    registry.counter("epd.operator.scaling.failures").increment();
  }

  /**
   * Gauges of one pool, until closed. Not by the tag {@code namespace}, which a scrape replaces by
   * the operator's own.
   */
  PoolGauges pool(String namespace, String name) {
    return new PoolGauges(registry, ready, Tags.of("pool_namespace", namespace, "pool", name));
  }

  /** Wanted and actual of one pool. Used by one thread; gauges may be read by any. */
  static final class PoolGauges implements AutoCloseable {
    private final MeterRegistry registry;
    private final Timer readyTimer;
    private final List<Meter> meters = new ArrayList<>();
    private volatile Figures figures =
        new Figures(Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0);

    /** Since when more is wanted than there was; null = nothing is missing. */
    private @Nullable Instant wantedSince;

    /** What was bought since then; 0 = nothing yet. */
    private int grownTo;

    private record Figures(
        double wanted, double decided, double replicas, double ready, double blind) {}

    private PoolGauges(MeterRegistry registry, Timer readyTimer, Tags tags) {
      this.registry = registry;
      this.readyTimer = readyTimer;
      gauge(
          "epd.operator.scaling.wanted",
          "Pods that the load alone asks for",
          Figures::wanted,
          tags);
      gauge(
          "epd.operator.scaling.decided",
          "Pods that were decided on, or recommended",
          Figures::decided,
          tags);
      gauge(
          "epd.operator.scaling.replicas", "Pods that the spec asks for", Figures::replicas, tags);
      gauge("epd.operator.scaling.ready.replicas", "Pods that take work", Figures::ready, tags);
      gauge(
          "epd.operator.scaling.blind",
          "1 = the last decision was made without a full, fresh picture of the load",
          Figures::blind,
          tags);
    }

    /** In place of a predecessor's, whose pool was made anew and whose loop is about to end. */
    private void gauge(
        String name, String description, ToDoubleFunction<Figures> figure, Tags tags) {
      registry.find(name).tags(tags).gauges().forEach(registry::remove);
      meters.add(
          Gauge.builder(name, this, g -> figure.applyAsDouble(g.figures))
              .description(description)
              .tags(tags)
              .register(registry));
    }

    void looked(Decision decision, PoolState pool, boolean acted, Instant now) {
      int ready = pool.count(Phase.READY);
      int blind = decision.reason().isDataProblem() ? 1 : 0;
      figures = new Figures(decision.wanted(), decision.to(), pool.wanted(), ready, blind);
      Instant since = wantedSince;
      if (since != null && grownTo > 0 && ready >= grownTo) {
        readyTimer.record(Duration.between(since, now));
        wantedSince = null;
        grownTo = 0;
      }
      if (!acted) {
        return;
      }
      boolean wants = decision.to() > decision.from() || isHeldBack(decision);
      if (wants && wantedSince == null) {
        wantedSince = now;
      } else if (!wants && grownTo == 0) {
        wantedSince = null;
      }
      if (decision.to() > decision.from()) {
        grownTo = decision.to();
      } else if (decision.changes() && grownTo > 0) {
        grownTo = Math.min(grownTo, decision.to());
      }
    }

    /** More will come by itself; what a bound or another pool keeps out will not. */
    private static boolean isHeldBack(Decision decision) {
      return decision.limitedBy() == Limit.SCALE_UP_WINDOW
          || decision.limitedBy() == Limit.SCALE_UP_RATE;
    }

    @Override
    public void close() {
      meters.stream().filter(this::isRegistered).forEach(registry::remove);
    }

    private boolean isRegistered(Meter meter) {
      return registry.find(meter.getId().getName()).tags(meter.getId().getTags()).meter() == meter;
    }
  }
}

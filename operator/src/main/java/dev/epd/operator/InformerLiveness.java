package dev.epd.operator;

import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RuntimeInfo;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.jspecify.annotations.Nullable;

/**
 * An informer that has stopped for good makes the operator blind without an error: restart then.
 * One that only waits for the API server to come back is no reason to.
 */
@Liveness
@ApplicationScoped
public class InformerLiveness implements HealthCheck {
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final Supplier<List<InformerHealthIndicator>> unhealthy;
  private final InstantSource clock;
  private @Nullable Instant stoppedSince;

  /** A check of the given operator's informers. */
  @Inject
  public InformerLiveness(Operator operator, InstantSource clock) {
    this(() -> unhealthy(operator.getRuntimeInfo()), clock);
  }

  InformerLiveness(Supplier<List<InformerHealthIndicator>> unhealthy, InstantSource clock) {
    this.unhealthy = unhealthy;
    this.clock = clock;
  }

  @Override
  public synchronized HealthCheckResponse call() {
    Instant now = clock.instant();
    if (unhealthy.get().stream().noneMatch(InformerLiveness::hasStopped)) {
      stoppedSince = null;
    } else if (stoppedSince == null) {
      stoppedSince = now;
    }
    boolean alive = stoppedSince == null || now.isBefore(stoppedSince.plus(GRACE));
    return HealthCheckResponse.named("informers run").status(alive).build();
  }

  private static List<InformerHealthIndicator> unhealthy(RuntimeInfo info) {
    if (!info.isStarted()) {
      return List.of();
    }
    List<InformerHealthIndicator> informers = new ArrayList<>();
    info.unhealthyInformerWrappingEventSourceHealthIndicator().values().stream()
        .flatMap(sources -> sources.values().stream())
        .forEach(source -> informers.addAll(indicators(source)));
    return informers;
  }

  private static Collection<InformerHealthIndicator> indicators(
      InformerWrappingEventSourceHealthIndicator<?> source) {
    return source.informerHealthIndicators().values();
  }

  private static boolean hasStopped(InformerHealthIndicator informer) {
    return informer.hasSynced() && !informer.isRunning();
  }
}

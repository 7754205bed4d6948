package dev.epd.operator;

import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RuntimeInfo;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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

  private final Operator operator;
  private final InstantSource clock;
  private @Nullable Instant stoppedSince;

  /** A check of the given operator's informers. */
  public InformerLiveness(Operator operator, InstantSource clock) {
    this.operator = operator;
    this.clock = clock;
  }

  @Override
  public synchronized HealthCheckResponse call() {
    Instant now = clock.instant();
    if (!isAnyStopped()) {
      stoppedSince = null;
    } else if (stoppedSince == null) {
      stoppedSince = now;
    }
    boolean alive = stoppedSince == null || now.isBefore(stoppedSince.plus(GRACE));
    return HealthCheckResponse.named("informers run").status(alive).build();
  }

  private boolean isAnyStopped() {
    RuntimeInfo info = operator.getRuntimeInfo();
    return info.isStarted()
        && info.unhealthyInformerWrappingEventSourceHealthIndicator().values().stream()
            .flatMap(sources -> sources.values().stream())
            .anyMatch(InformerLiveness::hasStopped);
  }

  private static boolean hasStopped(InformerWrappingEventSourceHealthIndicator<?> source) {
    return source.informerHealthIndicators().values().stream()
        .anyMatch(informer -> informer.hasSynced() && !informer.isRunning());
  }
}

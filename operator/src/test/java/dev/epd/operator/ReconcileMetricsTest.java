package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReconcileMetricsTest {
  private static final Map<String, Object> POOLS = Map.of("controller.name", "epd-pool");
  private static final Map<String, Object> CLUSTERS = Map.of("controller.name", "epd-cluster");

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ReconcileMetrics metrics = new ReconcileMetrics(registry);
  private final EPDPool pool = new EPDPool();

  @Test
  void whatWasSubmittedIsPendingUntilItHasFinished() {
    metrics.reconciliationSubmitted(pool, null, POOLS);
    metrics.reconciliationSubmitted(pool, null, POOLS);
    metrics.reconciliationSubmitted(pool, null, CLUSTERS);
    assertThat(pending("epd-pool")).isEqualTo(2);

    metrics.reconciliationStarted(pool, POOLS);
    assertThat(pending("epd-pool")).isEqualTo(2);
    metrics.reconciliationFinished(pool, null, POOLS);
    assertThat(pending("epd-pool")).isEqualTo(1);
    // It had been deleted before its turn.
    metrics.reconciliationFinished(null, null, POOLS);
    assertThat(pending("epd-pool")).isZero();
    assertThat(pending("epd-cluster")).isEqualTo(1);
  }

  private double pending(String controller) {
    return registry.get("reconciliations.pending").tag("controller", controller).gauge().value();
  }
}

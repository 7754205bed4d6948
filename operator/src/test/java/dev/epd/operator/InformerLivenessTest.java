package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.Status;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.Test;

class InformerLivenessTest {
  private static final Informer RUNS = new Informer(true, true, true);
  private static final Informer WAITS_FOR_THE_SERVER = new Informer(true, false, true);
  private static final Informer HAS_NOT_LISTED_YET = new Informer(false, false, false);
  private static final Informer HAS_STOPPED = new Informer(true, false, false);

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private List<InformerHealthIndicator> informers = List.of(RUNS);
  private final InformerLiveness liveness = new InformerLiveness(() -> informers, () -> now);

  @Test
  void oneThatHasStoppedAmongManyThatRunMeansARestart() {
    assertAlive(true);
    informers = List.of(RUNS, HAS_STOPPED, RUNS);
    assertAlive(true);
    pass(29);
    assertAlive(true);
    pass(1);
    assertAlive(false);
    pass(600);
    assertAlive(false);
  }

  @Test
  void oneThatRunsAgainInTimeIsNoConcern() {
    informers = List.of(HAS_STOPPED);
    assertAlive(true);
    pass(29);
    informers = List.of(RUNS);
    assertAlive(true);
    informers = List.of(HAS_STOPPED);
    pass(29);
    assertAlive(true);
    pass(29);
    assertAlive(true);
    pass(1);
    assertAlive(false);
  }

  @Test
  void neitherIsOneThatWaitsForTheServerOrHasNotListedYet() {
    informers = List.of(WAITS_FOR_THE_SERVER, HAS_NOT_LISTED_YET);
    assertAlive(true);
    pass(600);
    assertAlive(true);
  }

  @Test
  void anOperatorThatHasNotStartedHasNone() {
    informers = List.of();
    assertAlive(true);
    pass(600);
    assertAlive(true);
  }

  private void pass(int seconds) {
    now = now.plusSeconds(seconds);
  }

  private void assertAlive(boolean alive) {
    assertThat(liveness.call().getStatus())
        .isEqualTo(alive ? HealthCheckResponse.Status.UP : HealthCheckResponse.Status.DOWN);
  }

  private record Informer(boolean hasSynced, boolean isWatching, boolean isRunning)
      implements InformerHealthIndicator {
    @Override
    public Status getStatus() {
      return Status.UNHEALTHY;
    }

    @Override
    public String getTargetNamespace() {
      return "default";
    }
  }
}

package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.Limit;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.autoscaler.Reason;
import dev.epd.autoscaler.ScalerMemory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScalingMetricsTest {
  private static final Instant NOW = Instant.EPOCH;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ScalingMetrics metrics = new ScalingMetrics(registry);

  private static Decision decision(int from, int to, int wanted) {
    return decision(from, to, wanted, Limit.NONE);
  }

  private static Decision decision(int from, int to, int wanted, Limit limit) {
    return decision(from, to, wanted, limit, Reason.ARRIVALS);
  }

  private static Decision decision(int from, int to, int wanted, Limit limit, Reason reason) {
    return new Decision(
        from,
        to,
        wanted,
        to,
        limit,
        null,
        "ImageQueue",
        reason,
        "So it is.",
        Map.of(),
        ScalerMemory.takeOver(Learned.NOTHING, NOW));
  }

  private static PoolState pool(int wanted, int ready) {
    return new PoolState(
        wanted,
        0,
        9,
        IntStream.range(0, ready)
            .mapToObj(i -> new Replica("p" + i, Phase.READY, Duration.ZERO))
            .toList());
  }

  private double gauge(String name) {
    return registry.get("epd.operator.scaling." + name).tag("pool", "p").gauge().value();
  }

  @Test
  void aPoolShowsWhatIsWantedAndWhatIsThereAndLeavesNothing() {
    var gauges = metrics.pool("n", "p");
    gauges.looked(decision(2, 3, 7), pool(2, 1), true, NOW);
    assertThat(gauge("wanted")).isEqualTo(7);
    assertThat(gauge("decided")).isEqualTo(3);
    assertThat(gauge("replicas")).isEqualTo(2);
    assertThat(gauge("ready.replicas")).isEqualTo(1);
    gauges.close();
    assertThat(registry.find("epd.operator.scaling.wanted").gauges()).isEmpty();
  }

  /** The pool was deleted and made anew: its former loop ends after the next one has begun. */
  @Test
  void aSuccessorsGaugesStay() {
    var before = metrics.pool("n", "p");
    before.looked(decision(2, 3, 7), pool(2, 1), true, NOW);
    var after = metrics.pool("n", "p");
    after.looked(decision(1, 1, 1), pool(1, 1), true, NOW);
    before.close();
    assertThat(gauge("wanted")).isEqualTo(1);
    after.close();
    assertThat(registry.getMeters()).noneMatch(meter -> meter.getId().getTag("pool") != null);
  }

  @ParameterizedTest
  @EnumSource
  void aPoolThatIsDecidedOnWithoutAFullPictureSaysSo(Reason reason) {
    try (var gauges = metrics.pool("n", "p")) {
      assertThat(gauge("blind")).isZero();
      gauges.looked(decision(2, 2, 2, Limit.DATA, reason), pool(2, 2), true, NOW);
      assertThat(gauge("blind")).isEqualTo(reason.isDataProblem() ? 1 : 0);
      gauges.looked(decision(2, 2, 2), pool(2, 2), true, NOW.plusSeconds(1));
      assertThat(gauge("blind")).isZero();
    }
  }

  @Test
  void theTimeUntilABurstIsCarriedBeginsWhenMoreIsWanted() {
    try (var gauges = metrics.pool("n", "p")) {
      gauges.looked(
          decision(1, 1, 2, Limit.SCALE_UP_WINDOW), pool(1, 1), true, NOW.minusSeconds(60));
      gauges.looked(decision(1, 1, 1), pool(1, 1), true, NOW.minusSeconds(50));
      gauges.looked(decision(1, 1, 3, Limit.SCALE_UP_WINDOW), pool(1, 1), true, NOW);
      gauges.looked(decision(1, 3, 3), pool(1, 1), true, NOW.plusSeconds(2));
      gauges.looked(decision(3, 4, 4), pool(3, 1), true, NOW.plusSeconds(5));
      gauges.looked(decision(4, 4, 4), pool(4, 3), true, NOW.plusSeconds(20));
      assertThat(registry.get("epd.operator.scaling.ready").timer().count()).isZero();
      gauges.looked(decision(4, 3, 3), pool(4, 2), true, NOW.plusSeconds(25));
      gauges.looked(decision(3, 3, 3), pool(3, 3), true, NOW.plusSeconds(31));
      var ready = registry.get("epd.operator.scaling.ready").timer();
      assertThat(ready.count()).isEqualTo(1);
      assertThat(ready.totalTime(TimeUnit.SECONDS)).isEqualTo(31);
    }
  }

  @Test
  void whatABoundKeepsOutIsNotWaitedFor() {
    try (var gauges = metrics.pool("n", "p")) {
      gauges.looked(decision(3, 3, 9, Limit.MAX_REPLICAS), pool(3, 3), true, NOW);
      gauges.looked(decision(3, 5, 5), pool(3, 3), true, NOW.plusSeconds(3600));
      gauges.looked(decision(5, 5, 5), pool(5, 5), true, NOW.plusSeconds(3630));
      assertThat(registry.get("epd.operator.scaling.ready").timer().totalTime(TimeUnit.SECONDS))
          .isEqualTo(30);
    }
  }

  @Test
  void adviceIsNoScaling() {
    try (var gauges = metrics.pool("n", "p")) {
      gauges.looked(decision(1, 3, 3), pool(1, 1), false, NOW);
      gauges.looked(decision(1, 1, 1), pool(1, 3), false, NOW.plusSeconds(9));
      assertThat(registry.get("epd.operator.scaling.ready").timer().count()).isZero();
    }
  }
}

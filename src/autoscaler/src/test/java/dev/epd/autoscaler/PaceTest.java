package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.autoscaler.PolicySettings.Fallback;
import dev.epd.autoscaler.PolicySettings.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final Duration STARTUP = Duration.ofSeconds(5);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private static Simulation pool(Pace pace, int wanted, int max, @Nullable Fallback fallback) {
    PolicySettings policy =
        new PolicySettings(
            Mode.AUTO, Duration.ofMillis(500), null, Duration.ofSeconds(1), 0, pace, fallback);
    return new Simulation(STARTUP, wanted, 1, max, policy);
  }

  private static Pace up(@Nullable Integer pods, @Nullable Integer percent) {
    return new Pace(new RateLimit(pods, percent, MINUTE), RateLimit.NONE, Duration.ZERO);
  }

  @Test
  void noMorePodsThanAllowedAreAddedInAPeriod() {
    Simulation sim = pool(up(2, null), 1, 50, null).run(60, s -> 100).run(30, s -> 20_000);
    assertThat(sim.wanted()).isEqualTo(3);
    assertThat(sim.last().limitedBy()).isEqualTo(Limit.SCALE_UP_RATE);
    assertThat(sim.last().wanted()).isGreaterThan(3);
    assertThat(sim.last().sentence()).contains("limited by behavior.scaleUp");
    sim.run(60, s -> 20_000);
    assertThat(sim.wanted()).isEqualTo(5);
  }

  @Test
  void aMinuteWithoutFiguresEndsNoPeriod() {
    RateLimit one = new RateLimit(1, null, Duration.ofMinutes(10));
    Pace slow = new Pace(one, RateLimit.NONE, Duration.ZERO);
    Simulation sim = pool(slow, 1, 50, null).run(60, s -> 100).run(20, s -> 20_000);
    assertThat(sim.wanted()).isEqualTo(2);
    sim.run(70, s -> 20_000, PaceTest::silent).run(60, s -> 20_000);
    assertThat(sim.wanted()).isEqualTo(2);
  }

  @Test
  void ofTwoBoundsTheWiderCounts() {
    Simulation sim = pool(up(1, 200), 3, 50, null).run(60, s -> 1500).run(30, s -> 30_000);
    assertThat(sim.wanted()).isEqualTo(9);
    assertThat(pool(up(7, 10), 3, 50, null).run(60, s -> 1500).run(30, s -> 30_000).wanted())
        .isEqualTo(10);
  }

  @Test
  void aShareNeverStopsASmallPool() {
    assertThat(pool(up(null, 1), 1, 50, null).run(60, s -> 100).run(30, s -> 9000).wanted())
        .isEqualTo(2);
  }

  @Test
  void noMorePodsThanAllowedAreRemovedInAPeriod() {
    Pace pace = new Pace(RateLimit.NONE, new RateLimit(1, null, MINUTE), Duration.ZERO);
    Simulation sim = pool(pace, 6, 6, null).run(60, s -> 6000).run(35, s -> 0);
    int first = sim.wanted();
    assertThat(first).isEqualTo(5);
    assertThat(sim.decisions().stream().map(Decision::limitedBy)).contains(Limit.SCALE_DOWN_RATE);
    sim.run(60, s -> 0);
    assertThat(sim.wanted()).isEqualTo(4);
    sim.run(300, s -> 0);
    assertThat(sim.wanted()).isEqualTo(1);
  }

  @Test
  void moreMustBeWantedForTheWholeWindow() {
    Pace pace = new Pace(RateLimit.NONE, RateLimit.NONE, Duration.ofSeconds(20));
    Simulation sim = pool(pace, 1, 50, null).run(120, s -> 300);
    int before = sim.wanted();
    sim.run(10, s -> 9000);
    assertThat(sim.wanted()).isEqualTo(before);
    assertThat(sim.last().limitedBy()).isEqualTo(Limit.SCALE_UP_WINDOW);
    sim.run(20, s -> 9000);
    assertThat(sim.wanted()).isGreaterThan(before);
  }

  @Test
  void aLookThatSawNothingDoesNotStartTheWindowAnew() {
    Pace pace = new Pace(RateLimit.NONE, RateLimit.NONE, Duration.ofSeconds(20));
    Simulation sim = pool(pace, 1, 50, null).run(120, s -> 300);
    int before = sim.wanted();
    sim.run(60, s -> 9000, s -> s.takenAt().getEpochSecond() % 10 == 0 ? silent(s) : s);
    assertThat(sim.wanted()).isGreaterThan(before);
  }

  @Test
  void boundsAreNotPaced() {
    Simulation sim =
        new Simulation(
            STARTUP,
            1,
            8,
            10,
            new PolicySettings(
                Mode.AUTO,
                Duration.ofMillis(500),
                null,
                Duration.ofSeconds(1),
                0,
                up(1, null),
                null));
    assertThat(sim.run(1, s -> 0).wanted()).isEqualTo(8);
  }

  @Test
  void aFallbackRaisesAndNeverLowers() {
    Fallback fallback = new Fallback(4, Duration.ofSeconds(30));
    Simulation sim = pool(Pace.FREE, 2, 10, fallback).run(30, s -> 1500);
    int before = sim.wanted();
    sim.run(29, s -> 0, PaceTest::silent);
    assertThat(sim.wanted()).isEqualTo(before);
    sim.run(2, s -> 0, PaceTest::silent);
    assertThat(sim.wanted()).isEqualTo(4);
    assertThat(sim.last().reason()).isEqualTo(Reason.FALLBACK);

    Simulation large = pool(Pace.FREE, 9, 10, fallback).run(300, s -> 0, PaceTest::silent);
    assertThat(large.wanted()).isEqualTo(9);
    assertThat(large.last().reason().isDataProblem()).isTrue();
  }

  @Test
  void aLimitThatLetsNothingThroughIsRefused() {
    assertThatThrownBy(() -> new RateLimit(0, null, MINUTE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RateLimit(1, null, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property(tries = 200)
  void noPeriodSeesMoreThanItsLimit(
      @ForAll @Size(min = 1, max = 120) List<@DoubleRange(min = 0, max = 30_000) Double> arrivals,
      @ForAll @IntRange(min = 1, max = 4) int pods) {
    Simulation sim = pool(up(pods, null), 1, 40, null).run(arrivals.size(), arrivals::get);
    List<Decision> decisions = sim.decisions();
    for (int end = 0; end < decisions.size(); end++) {
      Decision decision = decisions.get(end);
      // What was given back within the period may be taken again: the limit is a net one.
      int began = decisions.get(Math.max(0, end - 60)).from();
      if (decision.to() > decision.from()) {
        assertThat(decision.to()).isLessThanOrEqualTo(began + pods);
      }
    }
  }

  private static LoadSample silent(LoadSample s) {
    Instant at = s.takenAt();
    return new LoadSample(at, 1, 0, 0, 0, 0, 0, Map.of(), Map.of());
  }
}

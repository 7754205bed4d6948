package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.epd.autoscaler.PolicySettings.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** A recommendation is what would be done, and stays sound though nobody does it. */
class RecommendTest {
  private static final Duration STARTUP = Duration.ofSeconds(5);

  private static Simulation pool(Mode mode, int wanted, int min, int max) {
    PolicySettings policy =
        new PolicySettings(mode, Duration.ofMillis(500), null, Duration.ofSeconds(1));
    return new Simulation(STARTUP, wanted, min, max, policy);
  }

  @Test
  void nothingIsChangedAndTheNumberIsThatOfOneWhoActs() {
    IntToDoubleFunction load = s -> s < 60 ? 300 : 4500;
    Simulation acted = pool(Mode.AUTO, 1, 1, 50).run(300, load);
    Simulation advised = pool(Mode.RECOMMEND, 1, 1, 50).run(300, load);
    assertThat(advised.wanted()).isEqualTo(1);
    assertThat(advised.last().from()).isEqualTo(1);
    assertThat(advised.queued()).isGreaterThan(500_000);
    // The queue that nobody serves does not drive the number.
    assertThat(advised.last().to())
        // Who acts has seen work come late and keeps more to spare; advice teaches nothing.
        .isBetween(acted.wanted() - 2, acted.wanted() + 1)
        .isLessThan(12);
    assertThat(advised.last().sentence()).startsWith("Recommends ").contains("there are 1");
  }

  @Test
  void theRecommendationFallsOnlyAfterTheScaleDownTime() {
    Simulation sim = pool(Mode.RECOMMEND, 8, 1, 50).run(120, s -> 3500);
    int high = sim.last().to();
    assertThat(high).isBetween(4, 8);
    sim.run(4, s -> 0);
    assertThat(sim.last().to()).isEqualTo(high);
    sim.run(120, s -> 0);
    assertThat(sim.last().to()).isEqualTo(1);
    assertThat(sim.wanted()).isEqualTo(8);
  }

  @Test
  void itChangesNoMoreOftenThanAPoolWould() {
    IntToDoubleFunction noisy = s -> 2000 + 900 * Math.sin(s) + (s % 7 == 0 ? 1500 : 0);
    long acted = changes(pool(Mode.AUTO, 3, 1, 20).run(900, noisy).decisions());
    long advised = changes(pool(Mode.RECOMMEND, 3, 1, 20).run(900, noisy).decisions());
    assertThat(advised).isLessThanOrEqualTo(acted + 4);
  }

  @Test
  void aSleepingPoolIsAdvisedToWakeAndStaysAsleep() {
    Simulation sim = pool(Mode.RECOMMEND, 0, 0, 4).run(10, s -> 0).run(1, s -> 100);
    assertThat(sim.last().to()).isEqualTo(1);
    assertThat(sim.last().reason()).isEqualTo(Reason.WAKE_UP);
    assertThat(sim.wanted()).isZero();
  }

  @Test
  void whatWasOnlyAdvisedUsesUpNoRateLimit() {
    Pace pace =
        new Pace(new RateLimit(2, null, Duration.ofMinutes(1)), RateLimit.NONE, Duration.ZERO);
    Simulation sim =
        new Simulation(STARTUP, 1, 1, 50, paced(Mode.RECOMMEND, pace))
            .run(60, s -> 300)
            .run(150, s -> 20_000);
    assertThat(sim.last().to()).isGreaterThan(4);
    sim.under(paced(Mode.AUTO, pace)).run(1, s -> 20_000);
    assertThat(sim.wanted()).isEqualTo(3);
    assertThat(sim.memory().course().changes())
        .extracting(Course.Change::from, Course.Change::to)
        .containsExactly(tuple(1, 3));
    // What was done is another matter: it goes on to count as advice is given.
    sim.under(paced(Mode.RECOMMEND, pace)).run(30, s -> 20_000);
    assertThat(sim.last().to()).isEqualTo(3);
    assertThat(sim.last().limitedBy()).isEqualTo(Limit.SCALE_UP_RATE);
  }

  @Test
  void anotherHandsNumberIsWhereItStartsFrom() {
    Pace pace =
        new Pace(new RateLimit(2, null, Duration.ofMinutes(10)), RateLimit.NONE, Duration.ZERO);
    for (Mode mode : List.of(Mode.OFF, Mode.RECOMMEND)) {
      Simulation sim =
          new Simulation(STARTUP, 1, 1, 50, paced(Mode.AUTO, pace))
              .run(60, s -> 300)
              .run(60, s -> 20_000);
      assertThat(sim.wanted()).isEqualTo(3);
      sim.under(paced(mode, pace)).run(5, s -> 20_000).byHand(6).run(5, s -> 20_000);
      assertThat(sim.wanted()).isEqualTo(6);
      assertThat(sim.last().to()).isEqualTo(mode == Mode.OFF ? 6 : 8);
      sim.under(paced(Mode.AUTO, pace)).run(1, s -> 20_000);
      assertThat(sim.wanted()).as("after " + mode).isEqualTo(8);
    }
  }

  private static PolicySettings paced(Mode mode, Pace pace) {
    return new PolicySettings(
        mode, Duration.ofMillis(500), null, Duration.ofSeconds(1), 0, pace, null);
  }

  @Test
  void boundsAreAdvisedToo() {
    Simulation sim = pool(Mode.RECOMMEND, 9, 1, 3).run(1, s -> 0);
    assertThat(sim.last().from()).isEqualTo(9);
    assertThat(sim.last().to()).isEqualTo(3);
    assertThat(sim.last().reason()).isEqualTo(Reason.OUTSIDE_LIMITS);
  }

  @Test
  void ofAQueueThatIsCutTheSameShareIsBlocked() {
    LoadSample sample =
        new LoadSample(
            Instant.EPOCH,
            1,
            1,
            9,
            900,
            100,
            1,
            Mix.unsized(9, 900),
            Map.of(),
            Map.of(),
            new LoadSample.Blocked(180, 90),
            null,
            0);
    LoadSample cut = sample.withBacklogAtMost(400);
    assertThat(cut.backlog()).isEqualTo(400);
    assertThat(cut.blocked()).isEqualTo(new LoadSample.Blocked(60, 30));
    assertThat(cut.runnable()).isEqualTo(310);
    assertThat(cut.isBlocked()).isFalse();
    assertThat(sample.withBacklogAtMost(50).blocked().total()).isZero();
    assertThat(sample.withBacklogAtMost(1000)).isEqualTo(sample);
  }

  private static long changes(List<Decision> decisions) {
    long changes = 0;
    for (int i = 1; i < decisions.size(); i++) {
      changes += decisions.get(i).to() != decisions.get(i - 1).to() ? 1 : 0;
    }
    return changes;
  }
}

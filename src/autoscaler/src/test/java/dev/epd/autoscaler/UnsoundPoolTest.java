package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods that do not start, that are lost, that say nothing; clocks that are set. */
class UnsoundPoolTest {
  private static final Duration STARTUP = Duration.ofSeconds(30);

  /** Seconds after which the pool is no larger than it has to be. */
  private static final int SETTLED = 3000;

  private static Simulation pool(int wanted) {
    return new Simulation(STARTUP, wanted, 1, 20, PolicySettings.DEFAULT);
  }

  private static Simulation grown() {
    return pool(1).run(200, s -> 300 + 100 * (s % 3)).run(SETTLED, s -> 3500 + 100 * (s % 3));
  }

  @Test
  void aPodThatNeverStartsIsStoodInForOnce() {
    Simulation sim = grown();
    int before = sim.wanted();
    sim.breakPods(1).run(600, s -> 3500 + 100 * (s % 3));

    assertThat(sim.wanted()).isEqualTo(before + 1);
    List<Decision> changes = since(sim, 600).stream().filter(Decision::changes).toList();
    assertThat(changes).hasSize(1);
    assertThat(changes.getFirst().sentence())
        .contains("1 of them have not become ready for too long to be counted on");
  }

  @Test
  void whereNoneStartsMoreOfThemAreNoAnswer() {
    Simulation sim = pool(2).run(100, s -> 1500).breakPods(2);
    for (int i = 0; i < 50; i++) {
      sim.run(100, s -> 0).breakPods(20);
    }
    int idle = sim.wanted();
    assertThat(idle).isLessThanOrEqualTo(2);

    Simulation first = new Simulation(Duration.ofHours(9), 0, 0, 20, PolicySettings.DEFAULT);
    first.run(1, s -> 100).run(4000, s -> 0);
    assertThat(first.wanted()).isEqualTo(2);
  }

  @Test
  void aFirstStartMayTakeAsLongAsThePoolAllows() {
    Simulation sim = new Simulation(Duration.ofSeconds(400), 0, 0, 20, PolicySettings.DEFAULT);
    sim.run(1, s -> 100).run(420, s -> 0);
    assertThat(sim.peak()).isEqualTo(1);
    assertThat(sim.memory().learned().starts().usual()).isEqualTo(Duration.ofSeconds(400));
  }

  @Test
  void podsThatAreReadyAgainHaveNotShownHowLongAStartTakes() {
    Simulation sim = grown();
    int before = sim.wanted();
    for (int i = 0; i < 5; i++) {
      sim.flap(true).run(5, s -> 100).flap(false).run(300, s -> 3500 + 100 * (s % 3));
    }
    assertThat(sim.memory().learned().starts().usual()).isEqualTo(STARTUP);
    assertThat(sim.memory().learned().slowStartupOrAssumed()).isEqualTo(STARTUP);
    assertThat(sim.wanted()).isLessThanOrEqualTo(before);
  }

  @Test
  void nothingIsRemovedWhileEncodersSayNothing() {
    Simulation sim = grown();
    int before = sim.wanted();
    sim.run(300, s -> 0, UnsoundPoolTest::withoutEncoders);
    assertThat(sim.wanted()).isEqualTo(before);
    assertThat(sim.last().reason()).isEqualTo(Reason.ENCODERS_SILENT);
    assertThat(sim.last().sentence())
        .isEqualTo(
            "%d of the ready encoders gave no figures; nothing is removed without them."
                .formatted(before));
    assertThat(sim.run(60, s -> 0).wanted()).isEqualTo(1);
  }

  @Test
  void aClockThatIsSetTakesNobodyAway() {
    for (Duration step : List.of(Duration.ofHours(1), Duration.ofHours(-1))) {
      Simulation sim = grown();
      int before = sim.wanted();
      sim.setClock(step).run(120, s -> 3500 + 100 * (s % 3));
      assertThat(since(sim, 120).stream().map(Decision::to))
          .as("set by %s", step)
          .allSatisfy(to -> assertThat(to).isBetween(before - 1, before + 1));
      assertThat(sim.run(120, s -> 14_000).wanted()).as("is not blind").isGreaterThan(before);
    }
  }

  private static List<Decision> since(Simulation sim, int looks) {
    int all = sim.decisions().size();
    return sim.decisions().subList(all - looks, all);
  }

  private static LoadSample withoutEncoders(LoadSample s) {
    return new LoadSample(
        s.takenAt(),
        s.gatewaysExpected(),
        s.gatewaysAnswered(),
        s.queuedImages(),
        s.queuedPatches(),
        s.outstandingPatches(),
        s.oldestWaitSeconds(),
        s.queued(),
        s.arrived(),
        java.util.Map.of(),
        s.blocked(),
        s.holding(),
        s.encoders().size());
  }
}

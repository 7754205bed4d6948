package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.PolicySettings.Mode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScalerSimulationTest {
  private static final Duration STARTUP = Duration.ofSeconds(5);
  private static final PolicySettings POLICY = PolicySettings.DEFAULT;

  private static Simulation pool(int wanted, int min, int max) {
    return new Simulation(STARTUP, wanted, min, max, POLICY);
  }

  @Test
  void aSquareWaveTakesThePoolUpAndBack() {
    Simulation sim = pool(1, 1, 3).run(40, s -> 300);
    assertThat(sim.wanted()).isEqualTo(1);

    sim.run(30, s -> 2600);
    assertThat(sim.wanted()).isEqualTo(3);

    sim.run(60, s -> 0);
    assertThat(sim.wanted()).isEqualTo(1);
    assertThat(sim.last().limitedBy()).isEqualTo(Limit.MIN_REPLICAS);
    assertThat(sim.queued()).isZero();
    assertThat(directionsOf(sim)).containsExactly(1, -1);
  }

  @Test
  void aBurstIsNotBoughtTwiceWhileItsReplicasStart() {
    Simulation sim = new Simulation(Duration.ofSeconds(30), 1, 0, 100, POLICY);
    sim.run(120, s -> 500);
    sim.run(1, s -> 0);
    int before = sim.wanted();
    sim.run(31, s -> 3500);
    assertThat(before).isLessThanOrEqualTo(2);
    assertThat(sim.peak()).isBetween(4, 8);
  }

  @Test
  void theFirstImageWakesAnEmptyPoolAndIdlenessEmptiesItAgain() {
    Simulation sim = pool(0, 0, 4).run(60, s -> 0);
    assertThat(sim.decisions()).allSatisfy(d -> assertThat(d.to()).isZero());

    sim.run(1, s -> 100);
    assertThat(sim.wanted()).isEqualTo(1);
    assertThat(sim.last().reason()).isEqualTo(Reason.WAKE_UP);

    sim.run(90, s -> 0);
    assertThat(sim.wanted()).isZero();
    assertThat(sim.peak()).isEqualTo(1);
    assertThat(directionsOf(sim)).containsExactly(1, -1);
  }

  @Test
  void theStartUpTimeIsLearnedAndShortensTheWaitBeforeShrinking() {
    Simulation sim = pool(0, 0, 4).run(1, s -> 100).run(20, s -> 100);
    assertThat(sim.memory().learned().starts().usual()).isEqualTo(STARTUP);
    assertThat(sim.memory().learned().patchesPerSecond()).isCloseTo(Simulation.RATE, within(1e-6));

    sim.run(7, s -> 0);
    assertThat(sim.wanted()).isZero();
  }

  @Test
  void missingMetricsHoldThePool() {
    Simulation sim = pool(1, 1, 3).run(30, s -> 2600);
    assertThat(sim.wanted()).isEqualTo(3);

    sim.run(300, s -> 0, s -> silent(s));
    assertThat(sim.wanted()).isEqualTo(3);
    assertThat(sim.last().reason()).isEqualTo(Reason.METRICS_MISSING);
    assertThat(sim.last().limitedBy()).isEqualTo(Limit.DATA);
  }

  @Test
  void aPartialScrapeNeverRemovesButMayAdd() {
    Simulation sim = pool(1, 1, 3).run(30, s -> 2600).run(300, s -> 0, s -> half(s));
    assertThat(sim.wanted()).isEqualTo(3);
    assertThat(sim.last().reason()).isEqualTo(Reason.METRICS_PARTIAL);

    Simulation growing = pool(1, 1, 3).run(30, s -> 100).run(20, s -> 5000, s -> half(s));
    assertThat(growing.wanted()).isEqualTo(3);
  }

  @Test
  void staleAndUnsoundFiguresHoldThePool() {
    Simulation sim =
        pool(1, 1, 3).run(30, s -> 2600).run(60, s -> 0, s -> aged(s, Duration.ofSeconds(10)));
    assertThat(sim.wanted()).isEqualTo(3);
    // The first old figures are also older than the last good ones.
    assertThat(sim.last().reason()).isEqualTo(Reason.METRICS_STALE);

    sim.run(60, s -> 0, s -> withQueue(s, Double.NaN));
    assertThat(sim.wanted()).isEqualTo(3);
    assertThat(sim.last().reason()).isEqualTo(Reason.METRICS_INVALID);
  }

  @Test
  void aCounterThatStartsAgainAddsNoPhantomWork() {
    Simulation sim = pool(1, 1, 8).run(60, s -> 500);
    sim.restartGateway().run(1, s -> 500);
    assertThat(sim.last().reason()).isEqualTo(Reason.COUNTER_RESET);
    sim.run(60, s -> 500);
    assertThat(sim.peak()).isEqualTo(1);
    assertThat(sim.wanted()).isEqualTo(1);
  }

  @Test
  void aNewLeaderWatchesBeforeItRemoves() {
    Simulation sim = pool(1, 1, 3).run(30, s -> 2600).restartScaler();
    sim.run(4, s -> 0);
    assertThat(sim.wanted()).isEqualTo(3);
    sim.run(60, s -> 0);
    assertThat(sim.wanted()).isEqualTo(1);
  }

  @Test
  void aPoolOutsideItsLimitsIsPutBackEvenWithoutMetrics() {
    assertThat(pool(7, 1, 3).run(1, s -> 0, s -> silent(s)).wanted()).isEqualTo(3);
    assertThat(pool(0, 2, 3).run(1, s -> 0, s -> silent(s)).wanted()).isEqualTo(2);
  }

  @Test
  void aPolicyThatIsOffTouchesNothing() {
    PolicySettings off =
        new PolicySettings(Mode.OFF, Duration.ofMillis(500), null, Duration.ofSeconds(1));
    Simulation sim = new Simulation(STARTUP, 2, 0, 3, off).run(60, s -> 5000).run(60, s -> 0);
    assertThat(sim.decisions())
        .allSatisfy(d -> assertThat(d.reason()).isEqualTo(Reason.OFF))
        .noneMatch(Decision::changes);
  }

  @Test
  void bigImagesScaleAsSmallOnesOfTheSameWork() {
    Simulation few = pool(1, 1, 8).run(60, s -> s % 4 == 0 ? 10_000 : 0);
    assertThat(few.wanted()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void everyDecisionExplainsItself() {
    Simulation sim = pool(1, 1, 3).run(30, s -> 2600).run(60, s -> 0);
    assertThat(sim.decisions())
        .allSatisfy(
            d -> {
              assertThat(d.sentence()).endsWith(".").doesNotContain("\n");
              assertThat(d.inputs()).containsKeys("queuedPatches", "patchesPerSecondPerReplica");
            });
    assertThat(sim.decisions().stream().filter(Decision::changes).map(Decision::sentence))
        .anyMatch(s -> s.startsWith("From 1 to "))
        .anyMatch(s -> s.endsWith("no image came for the scale-down time."));
  }

  @Test
  void twoLooksFarAboveTheUsualAreANewLevel() {
    Simulation sim = new Simulation(Duration.ofSeconds(30), 4, 1, 100, POLICY);
    sim.run(300, s -> 3500 + 100 * (s % 3));
    sim.run(2, s -> 14_000);
    assertThat(sim.wanted()).isBetween(14, 19);
    sim.run(400, s -> 14_000 + 100 * (s % 3));
    assertThat(sim.peak()).isLessThanOrEqualTo(19);
    assertThat(directionsOf(sim)).doesNotContainSequence(1, -1, 1);
  }

  @Test
  void aLevelJustAboveTheSpareIsCaughtUpWithAtOnce() {
    Simulation sim = new Simulation(Duration.ofSeconds(30), 12, 1, 100, POLICY);
    sim.run(300, s -> 10_000 + 3000 * (s % 3 - 1));
    assertThat(sim.wanted()).isBetween(12, 15);
    sim.run(15, s -> 16_000 + 3000 * (s % 3 - 1));
    assertThat(sim.wanted()).isGreaterThanOrEqualTo(17);
    sim.run(60, s -> 16_000 + 3000 * (s % 3 - 1));
    assertThat(sim.queued()).isLessThan(16_000);
  }

  @Test
  void aStepBuysAtMostAThirdMoreThanItNeeds() {
    for (int need = 12; need <= 40; need += 4) {
      int patches = 1000 * need;
      Simulation sim = new Simulation(Duration.ofSeconds(30), 4, 1, 1000, POLICY);
      sim.run(300, s -> patches / 4 + 100 * (s % 3)).run(400, s -> patches + 200 * (s % 3 - 1));
      assertThat(sim.peak()).as("for %d", need).isBetween(need + 1, (int) (1.3 * need + 1));
    }
  }

  @Test
  void whatStartsMoreSlowlyThanWasKnownIsWaitedFor() {
    Simulation sim = new Simulation(Duration.ofSeconds(80), 5, 1, 50, POLICY);
    sim.run(300, s -> 3500 + 100 * (s % 3)).run(3, s -> 12_000);
    int bought = sim.wanted();
    assertThat(bought).isGreaterThan(10);
    assertThat(sim.run(60, s -> 3500).wanted()).isEqualTo(bought);
    assertThat(sim.run(120, s -> 3500).wanted()).isLessThan(bought);
  }

  @Test
  void aNewLevelIsSeenAsFastWhenReplicasStartFast() {
    Simulation sim = new Simulation(Duration.ofSeconds(2), 4, 1, 100, POLICY);
    sim.run(300, s -> 3500 + 100 * (s % 3));
    sim.run(2, s -> 14_000);
    assertThat(sim.wanted()).isGreaterThanOrEqualTo(14);
  }

  @Test
  void oneLargeRequestIsNoNewLevel() {
    Simulation sim = new Simulation(Duration.ofSeconds(30), 6, 1, 100, POLICY);
    sim.run(300, s -> 3500 + 100 * (s % 3)).run(1, s -> 14_000).run(60, s -> 3500);
    assertThat(sim.peak()).isLessThanOrEqualTo(8);
  }

  /** Where single looks have strayed far, two high ones in a row are no proof; a queue is. */
  @Test
  void aBurstAmongSpikesIsAnsweredAtItsSecondLook() {
    Simulation sim = new Simulation(Duration.ofSeconds(10), 1, 1, 100, POLICY);
    sim.run(200, s -> s % 10 == 0 ? 6000 : 100);
    assertThat(sim.wanted()).isEqualTo(2);
    sim.run(2, s -> 6000);
    assertThat(sim.wanted()).isGreaterThanOrEqualTo(6);
  }

  @Test
  void aLoadThatComesBackIsWaitedForOnceItHasHurt() {
    Simulation sim = new Simulation(Duration.ofSeconds(30), 1, 1, 20, POLICY);
    for (int cycle = 0; cycle < 6; cycle++) {
      sim.run(200, s -> 10_000).run(200, s -> 500);
    }
    int kept = sim.wanted();
    assertThat(kept).isGreaterThanOrEqualTo(10);
    sim.run(4000, s -> 500);
    assertThat(sim.wanted()).isLessThanOrEqualTo(2);
  }

  @Test
  void warmSparesStandAboveTheLoad() {
    PolicySettings two =
        new PolicySettings(Mode.AUTO, Duration.ofMillis(500), null, Duration.ofSeconds(1), 2);
    Simulation plain = pool(1, 0, 20).run(120, s -> 3000);
    Simulation spared = new Simulation(STARTUP, 1, 0, 20, two).run(120, s -> 3000);
    assertThat(spared.wanted()).isEqualTo(plain.wanted() + 2);
    assertThat(spared.run(120, s -> 0).wanted()).isZero();
  }

  /** +1 and -1 for each run of changes in one direction. */
  private static List<Integer> directionsOf(Simulation sim) {
    return sim.decisions().stream()
        .filter(Decision::changes)
        .map(d -> Integer.signum(d.to() - d.from()))
        .reduce(
            List.<Integer>of(),
            (seen, next) ->
                !seen.isEmpty() && seen.getLast().equals(next)
                    ? seen
                    : java.util.stream.Stream.concat(
                            seen.stream(), java.util.stream.Stream.of(next))
                        .toList(),
            (a, b) -> a);
  }

  private static LoadSample silent(LoadSample s) {
    return new LoadSample(s.takenAt(), 1, 0, 0, 0, 0, 0, Map.of(), Map.of());
  }

  private static LoadSample half(LoadSample s) {
    return new LoadSample(
        s.takenAt(),
        2,
        1,
        s.queuedImages(),
        s.queuedPatches(),
        s.outstandingPatches(),
        s.oldestWaitSeconds(),
        Samples.arrivedPatches(s),
        s.encoders());
  }

  private static LoadSample aged(LoadSample s, Duration age) {
    return new LoadSample(
        s.takenAt().minus(age),
        1,
        1,
        s.queuedImages(),
        s.queuedPatches(),
        s.outstandingPatches(),
        s.oldestWaitSeconds(),
        Samples.arrivedPatches(s),
        s.encoders());
  }

  private static LoadSample withQueue(LoadSample s, double queuedPatches) {
    return new LoadSample(
        s.takenAt(),
        1,
        1,
        s.queuedImages(),
        queuedPatches,
        s.outstandingPatches(),
        s.oldestWaitSeconds(),
        Samples.arrivedPatches(s),
        s.encoders());
  }
}

package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.autoscaler.LoadSample.Blocked;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.autoscaler.SignalReading.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.data.Percentage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Signals beside and instead of the image queue, and work that waits for another pool. */
class SignalsTest {
  private static final Duration STARTUP = Duration.ofSeconds(30);
  private Instant now = Instant.ofEpochSecond(1_000);
  private ScalerMemory memory = ScalerMemory.takeOver(new Learned(1000, STARTUP, null, null), now);

  private static PoolState pool(int wanted, int ready, int min, int max) {
    return pool(wanted, ready, min, max, Duration.ofSeconds(9));
  }

  private static PoolState pool(int wanted, int ready, int min, int max, Duration age) {
    List<Replica> replicas = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      replicas.add(new Replica("p" + i, i < ready ? Phase.READY : Phase.STARTING, age));
    }
    return new PoolState(wanted, min, max, replicas);
  }

  private Decision decide(PoolState pool, SignalReading... signals) {
    return decide(pool, null, signals);
  }

  /** What encoders had counted before is of another time than a look that follows such a while. */
  @Test
  void whatWasCountedWhileImagesWereNotLookedAtTeachesNothing() {
    for (int second = 1; second <= 300; second++) {
      decide(pool(2, 2, 1, 9), encoding(second));
    }
    double known = memory.learned().patchesPerSecond();
    for (int second = 301; second <= 3900; second++) {
      decide(pool(2, 2, 1, 9), tokens(1.0));
    }
    decide(pool(2, 2, 1, 9), encoding(3901));
    decide(pool(2, 2, 1, 9), encoding(3902));
    assertThat(memory.learned().patchesPerSecond()).isCloseTo(known, Percentage.withPercentage(5));
  }

  /** Two encoders that do 1000 patches a second each are busy for 0.6 of every second. */
  private LoadSample encoding(int second) {
    EncoderTotals totals = new EncoderTotals(0.6 * second, 600.0 * second, 6.0 * second);
    return new LoadSample(
        now.plusSeconds(1),
        1,
        1,
        0,
        0,
        0,
        0,
        Mix.unsized(0, 0),
        Map.of("g", Mix.unsized(12.0 * second, 1200.0 * second)),
        Map.of("p0", totals, "p1", totals),
        new Blocked(0, 0),
        Set.of("p0", "p1"),
        0);
  }

  private Decision decide(PoolState pool, @Nullable LoadSample images, SignalReading... signals) {
    now = now.plusSeconds(1);
    Decision decision =
        Scaler.decide(
            new Look(images, List.of(signals), now),
            pool,
            PolicySettings.DEFAULT,
            memory,
            Ratios.NONE,
            now);
    memory = decision.memory();
    return decision;
  }

  private static SignalReading tokens(@Nullable Double value) {
    return new SignalReading("QueueTokens", Kind.SUM, value, 1000);
  }

  private static SignalReading kv(@Nullable Double value) {
    return new SignalReading("KVUtilization", Kind.SHARE, value, 0.75);
  }

  private static SignalReading latency(@Nullable Double value) {
    return latency(value, Integer.MAX_VALUE);
  }

  private static SignalReading latency(@Nullable Double value, int replicas) {
    return new SignalReading("Latency", Kind.LATENCY, value, 2, replicas);
  }

  @Test
  void aSumIsDividedAmongTheReplicas() {
    Decision decision = decide(pool(2, 2, 1, 10), tokens(4500.0));
    assertThat(decision.to()).isEqualTo(5);
    assertThat(decision.reason()).isEqualTo(Reason.SIGNAL);
    assertThat(decision.signal()).isEqualTo("QueueTokens");
    assertThat(decision.sentence())
        .isEqualTo("From 2 to 5 replicas: QueueTokens is 4500 in all, one replica carries 1000.");
    assertThat(decision.inputs())
        .containsEntry("QueueTokens", 4500.0)
        .containsEntry("QueueTokensWanted", 5.0);
  }

  @Test
  void aShareCountsOnlyReadyReplicasSoThatNothingIsBoughtTwice() {
    assertThat(decide(pool(2, 2, 1, 10), kv(1.0)).to()).isEqualTo(3);
    assertThat(decide(pool(3, 2, 1, 10), kv(1.0)).to()).isEqualTo(3);
    assertThat(decide(pool(2, 2, 1, 10), kv(0.8)).to()).as("within the tolerance").isEqualTo(2);
    assertThat(decide(pool(4, 4, 1, 20), kv(9.0)).to()).as("twice as many at most").isEqualTo(8);
  }

  /** Nodes are waited for: what was asked for is no surplus because little of it is there. */
  @Test
  void aPoolOfWhichFewAreReadyDoesNotShrinkWhileThoseAreFull() {
    for (int i = 0; i < 600; i++) {
      PoolState pool = pool(8, 1, 1, 8, Duration.ofSeconds(60 + i));
      assertThat(decide(pool, kv(9.0)).to()).isEqualTo(8);
    }
  }

  @Test
  void warmSparesAreForAPoolThatHasSomethingToDo() {
    PolicySettings spares = spares(2);
    assertThat(decide(spares, pool(1, 1, 1, 9), tokens(0.0)).to()).isEqualTo(1);
    assertThat(decide(spares, pool(1, 1, 1, 9), tokens(10.0)).to()).isEqualTo(3);
  }

  private static PolicySettings spares(int spares) {
    PolicySettings usual = PolicySettings.DEFAULT;
    return new PolicySettings(
        usual.mode(),
        usual.targetWait(),
        usual.scaleDownAfter(),
        usual.interval(),
        spares,
        usual.pace(),
        usual.fallback());
  }

  private Decision decide(PolicySettings policy, PoolState pool, SignalReading... signals) {
    now = now.plusSeconds(1);
    Look look = new Look(null, List.of(signals), now);
    Decision decision = Scaler.decide(look, pool, policy, memory, Ratios.NONE, now);
    memory = decision.memory();
    return decision;
  }

  @Test
  void aLatencyWaitsForWhatWasBought() {
    assertThat(decide(pool(4, 4, 1, 20), latency(3.0)).to()).isEqualTo(6);
    assertThat(decide(pool(6, 4, 1, 20), latency(9.0)).to()).isEqualTo(6);
    assertThat(decide(pool(6, 6, 1, 20), latency(9.0, 4)).to())
        .as("six are ready, the half minute began with four")
        .isEqualTo(6);
    assertThat(decide(pool(6, 6, 1, 20), latency(9.0, 6)).to()).isEqualTo(12);
  }

  @Test
  void aPodThatNeverBecomesReadyIsWaitedForAndNotBoughtAgain() {
    Duration stuck = Duration.ofHours(1);
    int wanted = 4;
    for (int i = 0; i < 300; i++) {
      Decision decision = decide(pool(wanted, 3, 1, 20, stuck), latency(9.0));
      assertThat(decision.sentence())
          .isEqualTo("Stays at 4 replicas: Latency does not speak of all of them yet.");
      wanted = decision.to();
    }
    assertThat(wanted).isEqualTo(4);
    assertThat(decide(pool(4, 4, 1, 20, stuck), latency(0.1)).to())
        .as("what was waited for was needed until now")
        .isEqualTo(4);
  }

  @Test
  void aPoolOfWhichNobodyIsReadyStaysAsItIs() {
    for (SignalReading signal : List.of(latency(0.0), latency(9.0), kv(0.1), kv(1.0))) {
      int wanted = 2;
      for (int i = 0; i < 300; i++) {
        wanted = decide(pool(wanted, 0, 2, 20, Duration.ofSeconds(i)), signal).to();
      }
      assertThat(wanted).as(signal.toString()).isEqualTo(2);
      assertThat(decide(pool(6, 0, 2, 20, Duration.ofHours(1)), signal).to()).isEqualTo(6);
    }
  }

  @Test
  void theLargestSignalWinsAndIsNamed() {
    Decision decision = decide(pool(4, 4, 1, 20), tokens(5000.0), kv(1.2), latency(1.0));
    assertThat(decision.signal()).isEqualTo("KVUtilization");
    assertThat(decision.to()).isEqualTo(7);
  }

  @Test
  void nothingIsRemovedWithoutEveryFigureAndMuchMayBeAdded() {
    for (int i = 0; i < 200; i++) {
      Decision decision = decide(pool(4, 4, 1, 20), tokens(100.0), kv(null));
      assertThat(decision.to()).isEqualTo(4);
      assertThat(decision.reason()).isEqualTo(Reason.SIGNAL_MISSING);
      assertThat(decision.sentence()).contains("KVUtilization");
    }
    assertThat(decide(pool(4, 4, 1, 20), tokens(9000.0), kv(null)).to()).isEqualTo(9);
    assertThat(decide(pool(4, 4, 1, 20), tokens(null), kv(Double.NaN)).to()).isEqualTo(4);
  }

  @Test
  void whatIsKnownOfSomePodsAddsAndRemovesNothing() {
    SignalReading low = SignalReading.atLeast("KVUtilization", Kind.SHARE, 0.2, 0.75);
    for (int i = 0; i < 200; i++) {
      Decision decision = decide(pool(4, 4, 1, 20), low);
      assertThat(decision.to()).isEqualTo(4);
      assertThat(decision.reason()).isEqualTo(Reason.SIGNAL_MISSING);
      assertThat(decision.limitedBy()).isEqualTo(Limit.DATA);
      assertThat(decision.sentence())
          .isEqualTo(
              "Not every pod gave its figure for KVUtilization; nothing is removed on half of it.");
    }
    Decision more =
        decide(pool(4, 4, 1, 20), SignalReading.atLeast("KVUtilization", Kind.SHARE, 1.125, 0.75));
    assertThat(more.to()).isEqualTo(6);
    assertThat(more.reason()).isEqualTo(Reason.SIGNAL);
    assertThat(decide(pool(4, 4, 1, 20), SignalReading.atLeast("T", Kind.SUM, 7500.0, 1000)).to())
        .isEqualTo(8);
    assertThat(decide(pool(6, 6, 1, 20), kv(0.1)).to())
        .as("what was not known counts as needed for the scale-down time")
        .isEqualTo(6);
  }

  @Test
  void fewerMustHaveBeenEnoughForAStartUpTimeAndOneStays() {
    PoolState pool = pool(6, 6, 1, 20);
    decide(pool, tokens(6000.0));
    for (int i = 0; i < 29; i++) {
      assertThat(decide(pool, tokens(0.0)).to()).isEqualTo(6);
    }
    Decision last = decide(pool, tokens(0.0));
    for (int i = 0; i < 5 && !last.changes(); i++) {
      last = decide(pool, tokens(0.0));
    }
    assertThat(last.to()).isEqualTo(1);
    assertThat(last.reason()).isEqualTo(Reason.LESS_WORK);
  }

  @Test
  void withTheImageQueueTheGreaterDemandCounts() {
    assertThat(decide(pool(2, 2, 0, 20), images(0, 0), latency(4.0)).to()).isEqualTo(4);
    Decision both = decide(pool(2, 2, 0, 20), images(900_000, 0), latency(1.0));
    assertThat(both.signal()).isEqualTo(Look.IMAGE_QUEUE);
    assertThat(both.to()).isGreaterThan(2);
  }

  @Test
  void encodersAreNotBoughtWhenPrefillHoldsTheLine() {
    Decision free = decide(pool(2, 2, 0, 20), images(900_000, 0));
    assertThat(free.to()).isGreaterThan(2);

    Decision held = decide(pool(2, 2, 0, 20), images(900_000, 880_000));
    assertThat(held.to()).isEqualTo(2);
    assertThat(held.limitedBy()).isNotEqualTo(Limit.PREFILL);

    // Even where more arrives than the encoders could do: it would only wait further on.
    arrive(40_000);
    Decision arrivals = decide(pool(2, 2, 0, 20), images(900_000, 880_000));
    assertThat(arrivals.to()).isEqualTo(2);
    assertThat(arrivals.wanted()).isGreaterThan(2);
    assertThat(arrivals.reason()).isEqualTo(Reason.DOWNSTREAM);
    assertThat(arrivals.limitedBy()).isEqualTo(Limit.PREFILL);
    assertThat(arrivals.sentence()).contains("images wait for a place at prefill");
    assertThat(arrivals.inputs()).containsEntry("patchesBlockedByPrefill", 880_000.0);
  }

  @Test
  void anEmptyPoolWakesWhateverElseIsFull() {
    Decision decision = decide(pool(0, 0, 0, 20), images(900_000, 900_000));
    assertThat(decision.to()).isPositive();
  }

  private double arrived;

  private void arrive(double patchesPerSecond) {
    for (int i = 0; i < 30; i++) {
      arrived += patchesPerSecond;
      decide(pool(2, 2, 2, 2), images(900_000, 880_000));
    }
  }

  private LoadSample images(double queued, double blocked) {
    return new LoadSample(
        now.plusSeconds(1),
        1,
        1,
        queued / 1000,
        queued,
        0,
        1,
        Mix.unsized(queued / 1000, queued),
        Map.of("g", Mix.unsized(0, arrived)),
        Map.of(),
        new Blocked(blocked, 0),
        null,
        0);
  }
}

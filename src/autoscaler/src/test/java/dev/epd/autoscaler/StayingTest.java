package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PolicySettings.Mode;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Decisions on pools of which each encoder has a speed of its own, in 1,000 patches a second. */
class StayingTest {
  private static final double RATE = 1000;

  /** In the order in which the API may list them. */
  private final Map<String, Double> speeds = new LinkedHashMap<>();

  private final Map<String, EncoderTotals> totals = new HashMap<>();
  private PolicySettings policy = PolicySettings.DEFAULT;
  private Instant now = Instant.EPOCH;
  private double arrived;
  private @Nullable Decision last;
  private int changes;

  private void pool(double... each) {
    speeds.clear();
    for (double speed : each) {
      speeds.put("e" + speeds.size() + "x" + speed, speed);
    }
  }

  @Test
  void aPoolIsSizedByThoseThatStay() {
    pool(1.5, 1.5, 1.5, 1.5);
    assertThat(after(600, 2300).wanted()).isEqualTo(3);
    assertThat(after(1, 2300).inputs()).doesNotContainKey("fastestReplicaOverMean");
    pool(1, 2, 1, 2);
    assertThat(after(900, 2300).wanted()).isEqualTo(2);
    assertThat(after(1, 2300).inputs().get("fastestReplicaOverMean")).isCloseTo(1.33, within(0.1));
  }

  @Test
  void warmSparesArePods() {
    pool(1, 2, 1, 2);
    int without = after(900, 2300).wanted();
    policy = policy(Mode.AUTO, 1);
    assertThat(after(60, 2300).wanted()).isEqualTo(without + 1);
  }

  /** By what all have done since they started they are alike, so any of them may be removed. */
  @Test
  void onePodThatHasBecomeSlowIsNotTakenForTheOneThatGoes() {
    pool(1, 1, 1, 1);
    after(7200, 1950);
    assertThat(after(1, 1950).wanted()).isEqualTo(3);
    String throttled = speeds.keySet().iterator().next();
    speeds.put(throttled, 0.25);
    assertThat(after(1200, 1950).wanted()).isEqualTo(4);
  }

  @Test
  void whatIsKeptOfARateIsTheMeanOfThoseThatAreThere() {
    pool(1, 2, 1, 2);
    after(600, 2300);
    speeds.values().removeIf(speed -> speed == 1);
    after(60, 2300);
    assertThat(now().memory().lasting().patchesPerSecond()).isCloseTo(2000, within(100.0));
    assertThat(now().inputs().get("patchesPerSecondPerReplica")).isCloseTo(2000, within(100.0));
    assertThat(now().memory().learned().patchesPerSecond()).isLessThan(1700);
  }

  @Test
  void aPoolThatMovedToSlowerNodesBuysWhatItTakesOfThose() {
    pool(1, 1, 1, 1, 1, 1);
    after(600, 3000);
    for (String gone : List.copyOf(speeds.keySet())) {
      speeds.remove(gone);
      speeds.put(gone + "new", 0.3);
      after(120, 1500);
    }
    int wanted = after(60, 3600).wanted();
    assertThat(wanted * 0.3 * RATE).isGreaterThan(3600);
  }

  @Test
  void aRecommendationThatNobodyFollowsStays() {
    pool(1, 1, 2, 2);
    policy = policy(Mode.RECOMMEND, 0);
    after(600, 1680);
    changes = 0;
    after(7200, 1680);
    assertThat(changes).isLessThanOrEqualTo(1);
  }

  private static PolicySettings policy(Mode mode, int warmSpares) {
    return new PolicySettings(
        mode, Duration.ofMillis(500), null, Duration.ofSeconds(1), warmSpares);
  }

  private Decision now() {
    Decision decision = last;
    if (decision == null) {
      throw new IllegalStateException("nothing was decided yet");
    }
    return decision;
  }

  /** Work is shared out by speed; the pool stays as it is whatever is decided. */
  private Decision after(int seconds, double patchesPerSecond) {
    double all = speeds.values().stream().mapToDouble(speed -> speed * RATE).sum();
    for (int second = 0; second < seconds; second++) {
      now = now.plusSeconds(1);
      arrived += patchesPerSecond;
      totals.keySet().retainAll(speeds.keySet());
      speeds.forEach(
          (name, speed) -> {
            double done = Math.min(1, patchesPerSecond / all) * speed * RATE;
            EncoderTotals before = totals.getOrDefault(name, new EncoderTotals(0, 0, 0));
            totals.put(
                name,
                new EncoderTotals(
                    before.busySeconds() + done / (speed * RATE),
                    before.done().patches() + done,
                    before.done().images() + done / 100));
          });
      decide();
    }
    return now();
  }

  private void decide() {
    List<Replica> replicas = new ArrayList<>();
    speeds.keySet().forEach(n -> replicas.add(new Replica(n, Phase.READY, Duration.ofHours(1))));
    LoadSample sample = new LoadSample(now, 1, 1, 0, 0, 0, 0, Map.of("g", arrived), totals);
    Decision before = last;
    ScalerMemory memory =
        before == null
            ? ScalerMemory.takeOver(Learned.NOTHING, now.minusSeconds(1))
            : before.memory();
    last =
        Scaler.decide(sample, new PoolState(replicas.size(), 1, 99, replicas), policy, memory, now);
    changes += before != null && before.to() != now().to() ? 1 : 0;
  }
}

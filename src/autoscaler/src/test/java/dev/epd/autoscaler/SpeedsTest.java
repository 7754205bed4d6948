package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpeedsTest {
  private static final double RATE = 1000;
  private static final Map<String, Double> TWO_KINDS =
      Map.of("fast", 2.0, "fast2", 2.0, "slow", 1.0, "slow2", 1.0);

  @Test
  void eachIsTheFactorOfItsOwnRate() {
    Speeds speeds = after(200, TWO_KINDS, Speeds.NONE);

    assertThat(speeds.of("fast") / speeds.of("slow")).isCloseTo(2, within(0.25));
    assertThat(speeds.of("fast")).isCloseTo(speeds.of("fast2"), within(1e-9));
    assertThat(speeds.ready(pool("fast", "fast2", "slow", "slow2"))).isCloseTo(4, within(0.2));
    assertThat(speeds.of("never seen")).isEqualTo(1);
  }

  @Test
  void theFastestAreCountedFirstAndUsualOnesBeyondThem() {
    Speeds speeds = after(200, TWO_KINDS, Speeds.NONE);
    PoolState pool = pool("slow", "fast", "slow2", "fast2");
    double fast = speeds.of("fast");
    double all = speeds.ready(pool);

    assertThat(speeds.replicas(0, pool)).isZero();
    assertThat(speeds.replicas(fast, pool)).isEqualTo(1);
    assertThat(speeds.replicas(2 * fast, pool)).isEqualTo(2);
    assertThat(speeds.replicas(2 * fast + 0.01, pool)).isEqualTo(3);
    assertThat(speeds.replicas(all, pool)).isEqualTo(4);
    assertThat(speeds.replicas(all + 1.01, pool)).isEqualTo(6);
  }

  @Test
  void aFewPercentApartIsAlike() {
    Speeds speeds = after(500, Map.of("a", 1.03, "b", 0.97, "c", 1.0), Speeds.NONE);
    assertThat(List.of(speeds.of("a"), speeds.of("b"), speeds.of("c"))).containsOnly(1.0);
    assertThat(speeds.replicas(2.3, pool("a", "b", "c"))).isEqualTo(3);
  }

  @Test
  void whatSlowsAllOfThemMakesNoneSlower() {
    Speeds before = after(200, TWO_KINDS, Speeds.NONE);
    Map<String, Double> halved = new HashMap<>();
    TWO_KINDS.forEach((name, speed) -> halved.put(name, speed / 2));
    Speeds after = after(5, halved, before);
    TWO_KINDS
        .keySet()
        .forEach(name -> assertThat(after.of(name)).isCloseTo(before.of(name), within(0.02)));
  }

  @Test
  void onePodThatBecomesSlowIsFoundThoughItHasBeenFastForLong() {
    Map<String, Double> speeds = new HashMap<>(Map.of("a", 1.0, "b", 1.0, "c", 1.0));
    Speeds before = after(3000, speeds, Speeds.NONE);
    speeds.put("c", 0.25);
    Speeds after = after(600, speeds, before);
    assertThat(after.of("c")).isLessThan(0.5);
    assertThat(after.of("a")).isEqualTo(after.of("b")).isGreaterThanOrEqualTo(1);
  }

  /** Else a pool that keeps its fast ones would expect the next one to be as fast. */
  @Test
  void whereTheFastOnesStayUsualOnesAreExpectedToCome() {
    PoolState fastOnly = pool("fast", "fast2");
    Speeds speeds = after(200, TWO_KINDS, Speeds.NONE).in(fastOnly);
    Speeds later = after(60, Map.of("fast", 2.0, "fast2", 2.0), speeds);
    assertThat(later.of("fast")).isCloseTo(speeds.of("fast"), within(0.03)).isGreaterThan(1.2);
    assertThat(later.of("slow")).as("is gone").isEqualTo(1);
    double ready = later.ready(fastOnly);
    assertThat(later.replicas(ready + 2, fastOnly)).isEqualTo(4);
  }

  @Test
  void nonsenseTeachesNothing() {
    Speeds known = after(200, TWO_KINDS, Speeds.NONE);
    for (EncoderTotals nothing :
        List.of(
            new EncoderTotals(0, 100, 1),
            new EncoderTotals(-5, 100, 1),
            new EncoderTotals(1, 0, 0),
            new EncoderTotals(1, 1e308, 1e308))) {
      assertThat(known.with(Map.of("fast", nothing), CostFit.NONE, 10)).isSameAs(known);
    }
  }

  /** 3000 patches a second arrive: two fast ones carry them, of usual ones it takes more. */
  @Test
  void aPoolIsSizedByThoseThatStay() {
    Map<String, Double> four = Map.of("e0", 2.0, "e1", 2.0, "e2", 1.0, "e3", 1.0);
    Decision told = steady(four, 2300);
    Decision alike = steady(Map.of("e0", 1.5, "e1", 1.5, "e2", 1.5, "e3", 1.5), 2300);
    assertThat(alike.wanted()).isEqualTo(3);
    assertThat(told.wanted()).isEqualTo(2);
    assertThat(told.inputs().get("readyAsUsualReplicas")).isCloseTo(4, within(0.2));
    assertThat(alike.inputs()).doesNotContainKey("readyAsUsualReplicas");
  }

  /** After ten minutes of a load that four of them carry. */
  private static Decision steady(Map<String, Double> speeds, double patchesPerSecond) {
    PoolState pool = pool(speeds.keySet().toArray(String[]::new));
    double all = speeds.values().stream().mapToDouble(s -> s * RATE).sum();
    Instant now = Instant.EPOCH;
    ScalerMemory memory = ScalerMemory.takeOver(Learned.NOTHING, now.minusSeconds(1));
    Decision last = null;
    for (int second = 0; last == null || second <= 600; second++) {
      Map<String, EncoderTotals> totals = new HashMap<>();
      double at = second;
      speeds.forEach(
          (name, speed) -> {
            double done = at * patchesPerSecond * speed * RATE / all;
            totals.put(name, new EncoderTotals(done / (speed * RATE), done, done / 100));
          });
      now = now.plusSeconds(1);
      LoadSample sample =
          new LoadSample(now, 1, 1, 0, 0, 0, 0, Map.of("g", at * patchesPerSecond), totals);
      last = Scaler.decide(sample, pool, PolicySettings.DEFAULT, memory, now);
      memory = last.memory();
    }
    return last;
  }

  /** All are busy all the time. */
  private static Speeds after(int seconds, Map<String, Double> each, Speeds from) {
    Speeds speeds = from;
    Map<String, EncoderTotals> done = new HashMap<>();
    each.forEach((name, speed) -> done.put(name, new EncoderTotals(1, speed * RATE, 10)));
    for (int i = 0; i < seconds; i++) {
      speeds = speeds.with(done, CostFit.NONE, 0);
    }
    return speeds;
  }

  private static PoolState pool(String... ready) {
    List<Replica> replicas = new ArrayList<>();
    for (String name : ready) {
      replicas.add(new Replica(name, Phase.READY, Duration.ofHours(1)));
    }
    return new PoolState(ready.length, 1, 99, replicas);
  }
}

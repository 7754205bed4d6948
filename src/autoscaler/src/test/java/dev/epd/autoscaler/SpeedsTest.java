package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
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
    assertThat(speeds.in(pool("fast", "fast2", "slow", "slow2")).mean()).isCloseTo(1, within(0.05));
    assertThat(speeds.fastest()).isEqualTo(speeds.of("fast"));
    assertThat(speeds.of("never seen")).isEqualTo(1);
  }

  @Test
  void aFewPercentApartIsAlike() {
    Speeds speeds = after(500, Map.of("a", 1.03, "b", 0.97, "c", 1.0), Speeds.NONE);
    assertThat(List.of(speeds.of("a"), speeds.of("b"), speeds.of("c"))).containsOnly(1.0);
    assertThat(speeds.areAlike()).isTrue();
    assertThat(speeds.fastest()).isEqualTo(1);
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
  void whereTheFastOnesStayUsualOnesAreExpectedToComeForSomeHours() {
    PoolState fastOnly = pool("fast", "fast2");
    Map<String, Double> fast = Map.of("fast", 2.0, "fast2", 2.0);
    Speeds speeds = after(200, TWO_KINDS, Speeds.NONE).in(fastOnly);
    assertThat(speeds.of("slow")).as("is gone").isEqualTo(1);
    Speeds hour = after(3600, fast, speeds).in(fastOnly);
    assertThat(hour.newcomer() / hour.mean()).isLessThan(0.85);
    Speeds day = after(86_400, fast, hour).in(fastOnly);
    assertThat(day.newcomer() / day.mean()).isGreaterThan(0.95);
  }

  @Test
  void whereSlowerOnesHaveComeSlowerOnesAreExpected() {
    Speeds before = after(600, Map.of("a", 1.0, "b", 1.0), Speeds.NONE);
    Speeds both = after(60, Map.of("a", 1.0, "b", 1.0, "c", 0.3, "d", 0.3), before);
    PoolState slow = pool("c", "d");
    Speeds now = after(60, Map.of("c", 0.3, "d", 0.3), both.in(slow)).in(slow);
    assertThat(now.newcomer()).isEqualTo(now.mean()).isLessThan(0.7);
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

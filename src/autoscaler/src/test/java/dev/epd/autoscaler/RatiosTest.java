package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.autoscaler.Ratios.Stand;
import dev.epd.autoscaler.SignalReading.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RatiosTest {
  private static final List<String> POOLS = List.of("encoder", "prefill", "decode");

  private Instant now = Instant.ofEpochSecond(1_000);
  private ScalerMemory memory =
      ScalerMemory.takeOver(new Learned(0, Duration.ofSeconds(30), null, null), now);

  /** Pools that are all decided on, each by itself, with what the others want. */
  record Company(List<Ratio> ratios, Map<String, Stand> stands) {
    Map<String, Integer> answers() {
      Map<String, Integer> answers = new HashMap<>();
      stands.forEach((name, own) -> answers.put(name, answer(name, own)));
      return answers;
    }

    int answer(String name, Stand own) {
      Map<String, Stand> others = new HashMap<>(stands);
      others.remove(name);
      return new Ratios(name, ratios, others).of(own).replicas();
    }

    Stand stand(String name) {
      return stands.getOrDefault(name, Stand.fixed(0));
    }

    /** All numbers within bounds that keep every ratio; a pool that sleeps is at 0 in all. */
    List<Map<String, Integer>> kept() {
      List<Map<String, Integer>> kept = new ArrayList<>();
      for (int e : range("encoder")) {
        for (int p : range("prefill")) {
          for (int d : range("decode")) {
            Map<String, Integer> numbers = Map.of("encoder", e, "prefill", p, "decode", d);
            if (keep(numbers)) {
              kept.add(numbers);
            }
          }
        }
      }
      return kept;
    }

    private int[] range(String name) {
      Stand stand = stand(name);
      return stand.sleeps()
          ? new int[] {0}
          : IntStream.rangeClosed(stand.floor(), stand.max()).toArray();
    }

    boolean keep(Map<String, Integer> numbers) {
      return ratios.stream()
          .allMatch(
              r -> {
                int one = numbers.getOrDefault(r.numerator(), 0);
                int other = numbers.getOrDefault(r.denominator(), 0);
                Double min = r.min();
                Double max = r.max();
                return one == 0
                    || other == 0
                    || ((min == null || one >= min * other - 1e-9)
                        && (max == null || one <= max * other + 1e-9));
              });
    }
  }

  @Property
  void noNumberLeavesItsBounds(@ForAll("companies") Company company) {
    company
        .answers()
        .forEach(
            (name, n) ->
                assertThat(n).isBetween(company.stand(name).min(), company.stand(name).max()));
  }

  @Property
  void whatSleepsSleepsAndWhatIsAwakeStaysAwake(@ForAll("companies") Company company) {
    company
        .answers()
        .forEach((name, n) -> assertThat(n == 0).isEqualTo(company.stand(name).sleeps()));
  }

  /** Every pool decides alone, and together they are the least numbers that keep all ratios. */
  @Property(tries = 2000)
  void togetherTheyAreTheLeastThatKeepTheRatiosWhereAnythingDoes(
      @ForAll("companies") Company company) {
    List<Map<String, Integer>> kept = company.kept();
    if (kept.isEmpty()) {
      return;
    }
    Map<String, Integer> least = new HashMap<>();
    for (String pool : POOLS) {
      int most = kept.stream().mapToInt(k -> k.getOrDefault(pool, 0)).max().orElseThrow();
      least.put(pool, Math.min(company.stand(pool).wanted(), most));
    }
    Map<String, Integer> expected = new HashMap<>();
    for (String pool : POOLS) {
      expected.put(
          pool,
          kept.stream()
              .filter(
                  k ->
                      POOLS.stream()
                          .allMatch(p -> k.getOrDefault(p, 0) >= least.getOrDefault(p, 0)))
              .mapToInt(k -> k.getOrDefault(pool, 0))
              .min()
              .orElseThrow());
    }
    assertThat(company.answers()).isEqualTo(expected);
    assertThat(company.keep(company.answers())).isTrue();
  }

  @Property
  void moreWantedIsNeverFewerAnywhere(@ForAll("companies") Company company) {
    for (String pool : POOLS) {
      Stand stand = company.stand(pool);
      if (stand.wanted() == stand.max() || stand.sleeps()) {
        continue;
      }
      Map<String, Stand> more = new HashMap<>(company.stands());
      more.put(pool, new Stand(stand.min(), stand.max(), stand.wanted() + 1));
      Map<String, Integer> after = new Company(company.ratios(), more).answers();
      company
          .answers()
          .forEach((name, n) -> assertThat(after.getOrDefault(name, 0)).isGreaterThanOrEqualTo(n));
    }
  }

  @Provide
  Arbitrary<Company> companies() {
    Arbitrary<Stand> stands =
        Combinators.combine(
                Arbitraries.integers().between(0, 6),
                Arbitraries.integers().between(0, 6),
                Arbitraries.integers().between(0, 6))
            .as((a, b, c) -> IntStream.of(a, b, c).sorted().toArray())
            .map(n -> new Stand(n[0], n[2], n[1]));
    Arbitrary<@Nullable Double> figures =
        Arbitraries.of(0.25, 0.5, 1.0, 1.5, 2.0, 3.0).injectNull(0.3);
    Arbitrary<Ratio> ratios =
        Combinators.combine(
                Arbitraries.of("encoder:prefill", "decode:prefill", "encoder:decode"),
                figures,
                figures)
            .as(
                (pair, a, b) ->
                    new Ratio(
                        pair.split(":", -1)[0],
                        pair.split(":", -1)[1],
                        a == null || b == null ? a : Double.valueOf(Math.min(a, b)),
                        a == null || b == null ? b : Double.valueOf(Math.max(a, b))));
    return Combinators.combine(ratios.list().ofMaxSize(3), stands, stands, stands)
        .as((r, e, p, d) -> new Company(r, Map.of("encoder", e, "prefill", p, "decode", d)));
  }

  @Test
  void aPoolGrowsWithWhatTheOtherWantsAndSaysWhy() {
    Decision decision = decide(pool(2), 2000, encoders(6, 0.5, null));
    assertThat(decision.to()).isEqualTo(3);
    assertThat(decision.alone()).isEqualTo(2);
    assertThat(decision.reason()).isEqualTo(Reason.RATIO);
    assertThat(decision.limitedBy()).isEqualTo(Limit.RATIO);
    assertThat(decision.by()).isEqualTo("prefill:encoder");
    assertThat(decision.sentence())
        .isEqualTo(
            "From 2 to 3 replicas (limited by scaling.ratios prefill:encoder): the number of the"
                + " other pool asks for it.");
    assertThat(decision.inputs()).containsEntry("encoderPods", 6.0);
  }

  @Test
  void aPoolDoesNotOutgrowTheOther() {
    Decision decision = decide(pool(2), 7000, encoders(2, null, 2.0));
    assertThat(decision.to()).isEqualTo(4);
    assertThat(decision.wanted()).isEqualTo(7);
    assertThat(decision.alone()).isEqualTo(7);
    assertThat(decision.reason()).isEqualTo(Reason.SIGNAL);
    assertThat(decision.sentence())
        .startsWith(
            "From 2 to 4 replicas (limited by scaling.ratios prefill:encoder): QueueTokens");
    Decision above = decide(pool(6), 7000, encoders(2, null, 2.0));
    assertThat(above.to()).isEqualTo(4);
    assertThat(above.reason()).isEqualTo(Reason.RATIO);
  }

  @Test
  void twoPoolsThatAreBoundBothWaysDoNotHoldEachOtherUp() {
    Decision last = decide(pool(6), 6000, encoders(6, 1.0, 1.0));
    for (int i = 0; i < 90; i++) {
      last = decide(pool(6), 1000, encoders(6, 1.0, 1.0));
      assertThat(last.to()).as("the other still wants six").isEqualTo(6);
    }
    assertThat(last.alone()).isEqualTo(1);
    assertThat(last.limitedBy()).isEqualTo(Limit.RATIO);
    assertThat(last.sentence())
        .isEqualTo(
            "Stays at 6 replicas (limited by scaling.ratios prefill:encoder): fewer replicas were"
                + " enough for the scale-down time.");
    Ratios small =
        new Ratios(
            "prefill",
            List.of(new Ratio("prefill", "encoder", 1.0, 1.0)),
            Map.of("encoder", new Stand(1, 10, 1)));
    assertThat(decide(pool(6), 1000, small).to()).isEqualTo(1);
  }

  @Test
  void whileTheLoadIsNotKnownARatioMovesNothing() {
    Decision decision = decide(pool(6), null, encoders(2, null, 2.0));
    assertThat(decision.to()).isEqualTo(6);
    assertThat(decision.limitedBy()).isEqualTo(Limit.DATA);
  }

  @Test
  void boundsComeBeforeRatios() {
    PoolState small = new PoolState(2, 1, 3, pool(2).replicas());
    assertThat(decide(small, 2000, encoders(8, 1.0, null)).to()).isEqualTo(3);
    PoolState outside = new PoolState(9, 1, 3, pool(9).replicas());
    assertThat(decide(outside, 2000, encoders(8, 1.0, null)).limitedBy())
        .isEqualTo(Limit.MAX_REPLICAS);
  }

  /** Prefill pods for each encoder. */
  private static Ratios encoders(int number, @Nullable Double min, @Nullable Double max) {
    return new Ratios(
        "prefill",
        List.of(new Ratio("prefill", "encoder", min, max)),
        Map.of("encoder", Stand.fixed(number)));
  }

  private static PoolState pool(int wanted) {
    return new PoolState(
        wanted,
        1,
        20,
        IntStream.range(0, wanted)
            .mapToObj(i -> new Replica("p" + i, Phase.READY, Duration.ofMinutes(9)))
            .toList());
  }

  private Decision decide(PoolState pool, @Nullable Integer tokens, Ratios ratios) {
    now = now.plusSeconds(1);
    SignalReading reading =
        new SignalReading("QueueTokens", Kind.SUM, tokens == null ? null : (double) tokens, 1000);
    Decision decision =
        Scaler.decide(
            new Look(null, List.of(reading), now),
            pool,
            PolicySettings.DEFAULT,
            memory,
            ratios,
            now);
    memory = decision.memory();
    return decision;
  }
}

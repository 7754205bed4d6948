package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.autoscaler.ScalerMemory.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ScalerPropertiesTest {
  private static final Instant NOW = Instant.ofEpochSecond(10_000);

  /** A situation with sound metrics; {@code lastSampleAt} lies one second back. */
  record Situation(LoadSample sample, PoolState pool, ScalerMemory memory) {
    Decision decide(LoadSample shown) {
      return Scaler.decide(shown, pool, PolicySettings.DEFAULT, memory, NOW);
    }
  }

  @Property
  void alwaysWithinTheLimits(@ForAll("situations") Situation s) {
    assertThat(s.decide(s.sample()).to()).isBetween(s.pool().min(), s.pool().max());
  }

  @Property
  void nothingIsRemovedWithoutAWholePicture(
      @ForAll("situations") Situation s, @ForAll @IntRange(min = 0, max = 4) int fault) {
    Decision decision = s.decide(broken(s.sample(), fault));
    assertThat(decision.to()).isGreaterThanOrEqualTo(s.pool().clamp(s.pool().wanted()));
  }

  @Property
  void moreBacklogNeverMeansFewerReplicas(
      @ForAll("situations") Situation s, @ForAll @DoubleRange(min = 0, max = 1e7) double more) {
    Decision less = s.decide(withQueue(s.sample(), s.sample().queuedPatches()));
    Decision greater = s.decide(withQueue(s.sample(), s.sample().queuedPatches() + more));
    assertThat(greater.to()).isGreaterThanOrEqualTo(less.to());
  }

  @Property
  void workAlwaysFindsAReplicaWhereOneIsAllowed(@ForAll("situations") Situation s) {
    if (s.sample().hasWork() && s.pool().max() > 0) {
      assertThat(s.decide(s.sample()).to()).isPositive();
    }
  }

  @Property(tries = 200)
  void holdsWithinTheLimitsOverAnyHistory(
      @ForAll @Size(min = 1, max = 60) List<@DoubleRange(min = 0, max = 20_000) Double> arrivals,
      @ForAll @IntRange(min = 0, max = 3) int min,
      @ForAll @IntRange(min = 0, max = 6) int span) {
    Simulation sim =
        new Simulation(Duration.ofSeconds(4), min, min, min + span, PolicySettings.DEFAULT);
    sim.run(arrivals.size(), arrivals::get).run(300, s -> 0);
    assertThat(sim.decisions()).allMatch(d -> d.to() >= min && d.to() <= min + span);
    if (min + span > 0) {
      assertThat(sim.wanted()).isEqualTo(min);
    }
  }

  @Provide
  Arbitrary<Situation> situations() {
    Arbitrary<Double> work =
        Arbitraries.oneOf(Arbitraries.just(0.0), Arbitraries.doubles().between(0, 1e6));
    Arbitrary<PoolState> pools =
        Combinators.combine(
                Arbitraries.integers().between(0, 12),
                Arbitraries.integers().between(0, 5),
                Arbitraries.integers().between(0, 6),
                Arbitraries.integers().between(0, 12),
                Arbitraries.integers().between(0, 400))
            .as(ScalerPropertiesTest::pool);
    Arbitrary<ScalerMemory> memories =
        Combinators.combine(
                Arbitraries.doubles().between(0, 5000),
                Arbitraries.integers().between(0, 300),
                Arbitraries.doubles().between(0, 20_000),
                Arbitraries.doubles().between(0, 20_000),
                Arbitraries.integers().between(0, 600),
                Arbitraries.integers().between(0, 6))
            .as(ScalerPropertiesTest::memory);
    Arbitrary<LoadSample> samples =
        Combinators.combine(work, work, Arbitraries.doubles().between(0, 600), work)
            .as(
                (queued, outstanding, oldest, arrived) ->
                    new LoadSample(
                        NOW,
                        1,
                        1,
                        Math.ceil(queued / 500),
                        queued,
                        outstanding,
                        oldest,
                        Map.of("gw", 1e6 + arrived),
                        Map.of("e", new EncoderTotals(100, 1e5, 200))));
    return Combinators.combine(samples, pools, memories).as(Situation::new);
  }

  private static PoolState pool(int wanted, int min, int span, int ready, int age) {
    List<Replica> replicas = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      replicas.add(
          new Replica("p" + i, i < ready ? Phase.READY : Phase.STARTING, Duration.ofSeconds(age)));
    }
    return new PoolState(wanted, min, min + span, replicas);
  }

  private static ScalerMemory memory(
      double rate, int startup, double fast, double slow, int ago, int enough) {
    Instant back = NOW.minusSeconds(ago);
    return new ScalerMemory(
        back,
        new Learned(rate, startup == 0 ? null : Duration.ofSeconds(startup), back, null),
        NOW.minusSeconds(1),
        new WorkAverages(fast, slow, Math.pow(fast - slow, 2), Math.pow(fast, 2), 600),
        Map.of("gw", new Reading(Mix.unsized(2000, 1e6), NOW.minusSeconds(1))),
        Map.of("e", new EncoderTotals(99, 9.9e4, 198)),
        new Starting(Set.of("p0"), null),
        back,
        WorkHistory.EMPTY.with(fast, 1).with(slow, 1),
        Peaks.NONE.with(enough, back.toEpochMilli(), 0),
        Peaks.NONE,
        Regret.NONE,
        Course.NONE,
        BusyCheck.NONE,
        CostFit.NONE);
  }

  private static LoadSample withQueue(LoadSample s, double queued) {
    return new LoadSample(
        s.takenAt(),
        1,
        1,
        1,
        queued,
        s.outstandingPatches(),
        1,
        Samples.arrivedPatches(s),
        s.encoders());
  }

  private static LoadSample broken(LoadSample s, int fault) {
    return switch (fault) {
      case 0 -> new LoadSample(NOW, 0, 0, 0, 0, 0, 0, Map.of(), Map.of());
      case 1 -> new LoadSample(NOW, 3, 2, 0, 0, 0, 0, Samples.arrivedPatches(s), Map.of());
      case 2 ->
          new LoadSample(
              NOW.minusSeconds(60), 1, 1, 0, 0, 0, 0, Samples.arrivedPatches(s), Map.of());
      case 3 -> new LoadSample(NOW, 1, 1, 0, Double.NaN, 0, 0, Samples.arrivedPatches(s), Map.of());
      default -> new LoadSample(NOW, 1, 1, 0, 0, 0, 0, Map.of("gw", 5.0), Map.of());
    };
  }
}

package dev.epd.simulator.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.simulator.ServiceLaw;
import dev.epd.simulator.View;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Each peer's published behaviour, one rule at a time. */
class PeersTest {
  @Nested
  class HorizontalPodAutoscaler {
    private Hpa hpa(double scrape) {
      return new Hpa("hpa", 10, View::imagesInSystem, scrape);
    }

    @Test
    void looksEveryFifteenSeconds() {
      FakeView pool = new FakeView(2).load(60).run(hpa(0), 14);
      assertThat(pool.wanted).isEqualTo(2);
      assertThat(new FakeView(2).load(60).run(hpa(0), 15).wanted).isEqualTo(6);
    }

    @Test
    void staysWithinTenPercentOfItsTarget() {
      assertThat(new FakeView(10).load(109).run(hpa(0), 15).wanted).isEqualTo(10);
      assertThat(new FakeView(10).load(111).run(hpa(0), 15).wanted).isEqualTo(12);
    }

    @Test
    void growsByFourPodsOrTwofoldPerFifteenSeconds() {
      Hpa hpa = hpa(0);
      FakeView pool = new FakeView(1).load(10_000);
      assertThat(pool.run(hpa, 15).wanted).isEqualTo(5);
      assertThat(pool.run(hpa, 15).wanted).isEqualTo(10);
      assertThat(pool.run(hpa, 15).wanted).isEqualTo(20);
    }

    @Test
    void shrinksOnlyToTheHighestAdviceOfFiveMinutes() {
      Hpa hpa = hpa(0);
      FakeView pool = new FakeView(10).load(100).run(hpa, 15).load(20);
      assertThat(pool.run(hpa, 285).wanted).isEqualTo(10);
      assertThat(pool.run(hpa, 15).wanted).isEqualTo(2);
    }

    @Test
    void seesTheLastScrapeAndNotThePresent() {
      Hpa hpa = hpa(15);
      FakeView pool = new FakeView(2).load(20).run(hpa, 10).load(60);
      assertThat(pool.run(hpa, 5).wanted).isEqualTo(2);
      assertThat(pool.run(hpa, 15).wanted).isEqualTo(6);
    }

    @Test
    void neverGoesToZero() {
      assertThat(new FakeView(2).load(0).run(hpa(0), 600).wanted).isEqualTo(1);
    }
  }

  @Nested
  class KedaScaledObject {
    @Test
    void wakesAtAPollOnly() {
      Keda keda = new Keda(1);
      FakeView pool = new FakeView(0).load(5);
      assertThat(pool.run(keda, 29).wanted).isZero();
      assertThat(pool.run(keda, 1).wanted).isEqualTo(1);
    }

    @Test
    void goesToZeroFiveMinutesAfterItWasLastActive() {
      Keda keda = new Keda(1);
      FakeView pool = new FakeView(1).load(1).run(keda, 60).load(0);
      assertThat(pool.run(keda, 299).wanted).isEqualTo(1);
      assertThat(pool.run(keda, 1).wanted).isZero();
    }

    @Test
    void betweenOneAndManyItIsAnHpa() {
      assertThat(new FakeView(1).load(4).run(new Keda(1), 15).wanted).isEqualTo(4);
    }
  }

  @Nested
  class KnativePodAutoscaler {
    @Test
    void panicsOnTheShortWindowWhenItWantsTwiceTheReadyPods() {
      FakeView pool = new FakeView(2).load(1);
      Kpa kpa = new Kpa(1);
      pool.run(kpa, 60);
      // Six seconds of 20 are in the short window long before the minute's mean follows.
      assertThat(pool.load(20).run(kpa, 8).wanted).isGreaterThanOrEqualTo(18);
    }

    @Test
    void neverShrinksInPanicAndLeavesItAMinuteAfterItsLastCause() {
      Kpa kpa = new Kpa(1);
      FakeView pool = new FakeView(1).load(20).run(kpa, 10);
      int peak = pool.wanted;
      assertThat(peak).isEqualTo(20);
      assertThat(pool.load(1).run(kpa, 50).wanted).isEqualTo(peak);
      assertThat(pool.run(kpa, 60).wanted).isLessThan(peak / 2);
    }

    @Test
    void atMostHalvesPerStep() {
      Kpa kpa = new Kpa(1);
      FakeView pool = new FakeView(16).load(16).run(kpa, 120).load(0);
      int before = pool.wanted;
      for (int i = 0; i < 40; i++) {
        pool.run(kpa, 2);
        assertThat(pool.wanted).isGreaterThanOrEqualTo(before / 2);
        before = Math.max(1, pool.wanted);
      }
    }

    @Test
    void theLastPodStaysForTheGracePeriod() {
      Kpa kpa = new Kpa(1);
      FakeView pool = new FakeView(1).load(1).run(kpa, 60).load(0);
      assertThat(pool.run(kpa, 85).wanted).isEqualTo(1);
      assertThat(pool.run(kpa, 10).wanted).isZero();
    }

    @Test
    void aimsAtSeventyPercent() {
      assertThat(new FakeView(10).load(7).run(new Kpa(), 120).wanted).isEqualTo(10);
    }
  }

  @Nested
  class Dynamo {
    private static DynamoPlanner planner() {
      return new DynamoPlanner(new ServiceLaw(0, 1000), 2);
    }

    @Test
    void addsOneEveryFiveSeconds() {
      DynamoPlanner planner = planner();
      FakeView pool = new FakeView(1).load(100);
      assertThat(pool.run(planner, 5).wanted).isEqualTo(2);
      assertThat(pool.run(planner, 6).wanted).isEqualTo(3);
    }

    @Test
    void waitsForAPodThatStarts() {
      FakeView pool = new FakeView(2).load(100);
      pool.ready = 1;
      pool.now = 10;
      assertThat(planner().decide(pool)).isEqualTo(2);
    }

    @Test
    void removesOneWhenTheRestStaysBelowEightyPercent() {
      assertThat(new FakeView(3).load(4).run(planner(), 5).wanted).isEqualTo(3);
      assertThat(new FakeView(3).load(3).run(planner(), 5).wanted).isEqualTo(2);
    }
  }

  @Nested
  class Aibrix {
    @Test
    void atMostDoublesEveryTenSeconds() {
      AibrixApa apa = new AibrixApa(1);
      FakeView pool = new FakeView(2).load(100);
      assertThat(pool.run(apa, 10).wanted).isEqualTo(4);
      assertThat(pool.run(apa, 10).wanted).isEqualTo(8);
    }

    @Test
    void ignoresTenPercent() {
      assertThat(new FakeView(10).load(11).run(new AibrixApa(1), 10).wanted).isEqualTo(10);
    }

    @Test
    void coolsDownForFiveMinutes() {
      AibrixApa apa = new AibrixApa(1);
      FakeView pool = new FakeView(8).load(8).run(apa, 60).load(1);
      assertThat(pool.run(apa, 280).wanted).isEqualTo(8);
      assertThat(pool.run(apa, 120).wanted).isLessThan(8);
    }
  }
}

package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CostFitTest {
  /** Patches per second, and what an image costs in patches. */
  private static final double RATE = 50_000;

  private static final double OVERHEAD = 400;
  private static final int SMALL = 500;
  private static final int LARGE = 4000;

  private final SplittableRandom random = new SplittableRandom(7);

  @Test
  void aMixOfSizesShowsWhatAnImageCosts() {
    CostFit fit = after(200, true, 1);

    assertThat(fit.overhead(0, 1e9)).isCloseTo(OVERHEAD, within(1.0));
    assertThat(fit.overhead(0, 60)).as("believed step by step").isBetween(200.0, 300.0);
  }

  @Test
  void aClockThatIsWrongChangesTheRateNotTheShare() {
    assertThat(after(200, true, 1.3).overhead(0, 1e9)).isCloseTo(OVERHEAD, within(1.0));
  }

  @Test
  void imagesOfOneSizeTellNothing() {
    assertThat(after(200, false, 1).overhead(123, 1e9)).isEqualTo(123);
    assertThat(CostFit.NONE.overhead(123, 1e9)).isEqualTo(123);
    assertThat(after(2, true, 1).overhead(123, 1e9)).as("too little").isEqualTo(123);
  }

  @Test
  void anEncoderThatRestartsAndNonsenseAreLeftOut() {
    CostFit fit = after(200, true, 1);
    EncoderTotals much = new EncoderTotals(1000, 1e6, 1000);

    assertThat(fit.with(List.of(new EncoderTotals(1, 1, 1).since(much)), 0, 1)).isEqualTo(fit);
  }

  /** With the mean of the mix alone the decision would see nearly half of the work here. */
  @Test
  void smallImagesAreBoughtForByWhatTheyCost() {
    assertThat(wantedFor(SMALL, true)).isEqualTo(wantedFor(SMALL, false) + 1);
  }

  /** Replicas for a steady load of small images, just after a mix was learned. */
  private int wantedFor(int size, boolean knowsLaw) {
    Instant now = Instant.EPOCH;
    Learned learned =
        new Learned(
            RATE,
            knowsLaw ? OVERHEAD : 0,
            StartTimes.learned(Duration.ofSeconds(30), null),
            null,
            null);
    ScalerMemory memory = ScalerMemory.takeOver(learned, now);
    List<PoolState.Replica> pods = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      pods.add(new PoolState.Replica("e" + i, PoolState.Phase.READY, Duration.ofHours(1)));
    }
    int wanted = 0;
    double images = 0;
    for (int t = 1; t <= 120; t++) {
      now = now.plusSeconds(1);
      images += 1.4 * RATE / size;
      LoadSample sample =
          new LoadSample(
              now,
              1,
              1,
              0,
              0,
              0,
              0,
              Mix.NONE,
              Map.of("g", Mix.unsized(images, images * size)),
              Map.of(),
              LoadSample.Blocked.NOTHING,
              null,
              0);
      Decision decision =
          Scaler.decide(sample, new PoolState(2, 1, 9, pods), PolicySettings.DEFAULT, memory, now);
      memory = decision.memory();
      wanted = decision.wanted();
    }
    return wanted;
  }

  private CostFit after(int looks, boolean mixed, double clock) {
    CostFit fit = CostFit.NONE;
    EncoderTotals before = new EncoderTotals(0, 0, 0);
    for (int i = 0; i < looks; i++) {
      int small = random.nextInt(1, 30);
      int large = mixed ? random.nextInt(0, 10) : 0;
      double patches = small * SMALL + large * LARGE;
      double seconds = (patches + OVERHEAD * (small + large)) / RATE;
      EncoderTotals now =
          new EncoderTotals(
              before.busySeconds() + seconds * clock,
              before.done().patches() + patches,
              before.done().images() + small + large);
      fit = fit.with(List.of(now.since(before)), 0, 1);
      before = now;
    }
    return fit;
  }
}

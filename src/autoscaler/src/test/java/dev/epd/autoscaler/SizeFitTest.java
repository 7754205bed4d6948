package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SizeFitTest {
  private static final double RATE = 60_000;
  private static final int[] SIZES = {200, 1000, 4000, 8000};
  private final Random random = new Random(7);

  /** With attention over all patches: twice the cost at 7,680 of them. */
  private static double seconds(int patches) {
    return patches / RATE * (1 + patches / 7680.0);
  }

  @Test
  void eachSizeGetsItsCostThoughSizesAreEncodedTogether() {
    SizeFit fit = after(2000, SIZES, 1);

    Mix.Builder sold = new Mix.Builder();
    double truth = 0;
    double all = 0;
    for (int patches : SIZES) {
      truth += 100 * seconds(patches);
      all += 100 * patches;
      sold.add(Mix.sizeOf(patches), 100, 100 * patches);
    }
    assertThat(fit.work(sold.build(), 0)).isCloseTo(all, within(0.05 * all));
    for (int patches : SIZES) {
      double cost = seconds(patches) / truth * all;
      assertThat(fit.work(of(patches), 0)).isCloseTo(cost, within(0.4 * Math.abs(patches - cost)));
    }
    assertThat(fit.notable()).containsOnlyKeys("1024", "4096");
  }

  @Test
  void aSizeThatWasNotSeenCostsWhatTheNearestDoes() {
    SizeFit fit = after(2000, SIZES, 1);
    assertThat(fit.work(of(16_000), 0) / 16_000).isEqualTo(fit.work(of(8000), 0) / 8000);
    assertThat(fit.work(Mix.unsized(1, 16_000), 0)).isEqualTo(16_000);
  }

  @Test
  void wherePatchesCostTheSameNothingIsNotable() {
    SizeFit fit = after(2000, SIZES, 0);
    assertThat(fit.notable()).isEmpty();
    assertThat(SizeFit.NONE.notable()).isEmpty();
  }

  @Test
  void oneSizeAloneIsTheMean() {
    assertThat(after(2000, new int[] {8000}, 1).notable()).isEmpty();
  }

  /** What an encoder does in a second then varies, and not with the size of images. */
  @Test
  void whereEncodersAreUnlikeOneSizeIsTheMeanAllTheSame() {
    SizeFit fit = SizeFit.NONE;
    for (int i = 0; i < 500; i++) {
      Mix much = new Mix.Builder().add(5, 20, 20 * 8000).build();
      Mix little = new Mix.Builder().add(5, 5, 5 * 8000).build();
      fit = fit.with(List.of(new EncoderTotals(1, much), new EncoderTotals(1, little)), 0, 1);
    }
    assertThat(fit.work(of(8000), 0)).isCloseTo(8000, within(1e-6));
  }

  @Test
  void anEncoderThatRestartsAndUnsizedImagesAreLeftOut() {
    SizeFit fit = after(50, SIZES, 1);
    EncoderTotals much = new EncoderTotals(1000, of(1000));
    assertThat(fit.with(List.of(new EncoderTotals(1, of(200)).since(much)), 0, 1)).isSameAs(fit);
    assertThat(fit.with(List.of(new EncoderTotals(1, 100, 1)), 0, 1)).isSameAs(fit);
    assertThat(fit.with(List.of(), 0, 1)).isSameAs(fit);
  }

  @Test
  void aSizeThatStaysAwayKeepsItsCost() {
    SizeFit fit = after(2000, SIZES, 1);
    double beside = fit.work(of(8000), 0) / fit.work(of(1000), 0);
    for (int i = 0; i < 20_000; i++) {
      Mix small = new Mix.Builder().add(2, 10, 10_000).build();
      fit = fit.with(List.of(new EncoderTotals(0.2, small)), 0, 1);
    }
    assertThat(fit.work(of(1000), 0)).isCloseTo(1000, within(10.0));
    assertThat(fit.work(of(8000), 0) / fit.work(of(1000), 0))
        .isCloseTo(beside, within(0.05 * beside));
  }

  @Test
  void nonsenseIsForgotten() {
    Mix absurd = new Mix.Builder().add(1, 1, 1e200).add(3, 1, 1e200).build();
    SizeFit spoilt = after(50, SIZES, 1).with(List.of(new EncoderTotals(1, absurd)), 0, 1);
    assertThat(spoilt.work(of(8000), 0)).isEqualTo(8000);
    for (int i = 0; i < 5; i++) {
      spoilt = spoilt.with(List.of(new EncoderTotals(0.2, of(8000))), 0, 1);
    }
    assertThat(spoilt.work(of(8000), 0)).isCloseTo(8000, within(1e-6));
  }

  private static Mix of(int patches) {
    return new Mix.Builder().add(Mix.sizeOf(patches), 1, patches).build();
  }

  private SizeFit after(int looks, int[] sizes, double attention) {
    SizeFit fit = SizeFit.NONE;
    for (int i = 0; i < looks; i++) {
      Mix.Builder done = new Mix.Builder();
      double busy = 0;
      for (int patches : sizes) {
        int images = random.nextInt(0, 8);
        done.add(Mix.sizeOf(patches), images, images * patches);
        double linear = patches / RATE;
        busy += images * (linear + attention * (seconds(patches) - linear));
      }
      fit = fit.with(List.of(new EncoderTotals(busy, done.build())), 0, 1);
    }
    return fit;
  }
}

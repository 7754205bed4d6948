package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlownessTest {
  @Test
  void aStepIsFifteenPercentBehindTheFastest() {
    assertThat(
            Slowness.steps(
                Map.of(
                    "fast", new EncoderTotals(100, 1000, 10),
                    "near", new EncoderTotals(100, 900, 9),
                    "half", new EncoderTotals(50, 250, 2))))
        .isEqualTo(Map.of("fast", 0, "near", 0, "half", 4));
  }

  @Test
  void whatHasDoneLittleIsNotJudgedAndJudgesNobody() {
    assertThat(
            Slowness.steps(
                Map.of(
                    "new", new EncoderTotals(9, 9000, 90),
                    "idle", new EncoderTotals(0, 0, 0),
                    "silent", new EncoderTotals(Double.NaN, Double.NaN, Double.NaN),
                    "old", new EncoderTotals(100, 1000, 10))))
        .isEqualTo(Map.of("new", 0, "idle", 0, "silent", 0, "old", 0));
    assertThat(Slowness.steps(Map.of())).isEmpty();
  }

  /** 2 ms an image and 60,000 patches a second: 256 patches take longer each than 4,096 do. */
  @Test
  void unlikeImagesMakeNobodySlow() {
    assertThat(
            Slowness.steps(
                Map.of(
                    "small", pod(256, 10_000, 1),
                    "large", pod(4096, 1000, 1),
                    "other", pod(4096, 500, 1))))
        .isEqualTo(Map.of("small", 0, "large", 0, "other", 0));
  }

  @Test
  void amongUnlikeImagesASlowPodIsFoundByThoseThatHaveTheSame() {
    Map<String, Integer> steps =
        Slowness.steps(
            Map.of(
                "small", pod(256, 10_000, 1),
                "small2", pod(256, 20_000, 1),
                "large", pod(4096, 1000, 1),
                "slow", pod(4096, 500, 2)));
    assertThat(steps.get("slow")).isGreaterThan(steps.get("small")).isGreaterThan(3);
    assertThat(steps).containsEntry("large", 0);
  }

  /** Their mixes differ a little, as everybody's do. */
  @Test
  void aLittleMoreOfOneSizeExplainsLittle() {
    Mix even = new Mix.Builder().add(0, 1000, 200_000).add(4, 50, 200_000).build();
    Mix odd = new Mix.Builder().add(0, 1100, 220_000).add(4, 45, 180_000).build();
    assertThat(
            Slowness.steps(
                Map.of("even", new EncoderTotals(20, even), "odd", new EncoderTotals(30, odd))))
        .isEqualTo(Map.of("even", 0, "odd", 2));
  }

  private static EncoderTotals pod(int patches, int images, double factor) {
    Mix done =
        new Mix.Builder().add(Mix.sizeOf(patches), images, (double) images * patches).build();
    return new EncoderTotals(factor * images * (0.002 + patches / 60_000.0), done);
  }
}

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
}

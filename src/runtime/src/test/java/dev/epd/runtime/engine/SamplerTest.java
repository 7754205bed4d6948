package dev.epd.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Set;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final float[] LOGITS = {0, 1, 2, -1};

  @Test
  void greedyTakesTheGreatestAndTheLowestIndexOnTies() {
    SamplingParams greedy = SamplingParams.greedy(1, Set.of());
    assertThat(Sampler.draw(new float[] {1, 5, 3}, greedy, 0)).isEqualTo(1);
    assertThat(Sampler.draw(new float[] {1, 5, 5, 5}, greedy, 7)).isEqualTo(1);
  }

  @Test
  void drawsFollowTheSoftmax() {
    double[] share = shares(new SamplingParams(1, 1, 42, 1, Set.of()), 40_000);
    double sum = Math.exp(0) + Math.exp(1) + Math.exp(2) + Math.exp(-1);
    for (int i = 0; i < LOGITS.length; i++) {
      assertThat(share[i]).isCloseTo(Math.exp(LOGITS[i]) / sum, within(0.01));
    }
  }

  @Test
  void topPKeepsTheSmallestSetThatHoldsTheMass() {
    // Softmax of the logits: 0.087, 0.237, 0.644, 0.032.
    assertThat(shares(new SamplingParams(1, 0.6f, 1, 1, Set.of()), 1000))
        .containsExactly(0, 0, 1, 0);
    double[] share = shares(new SamplingParams(1, 0.8f, 1, 1, Set.of()), 40_000);
    assertThat(share[0]).isZero();
    assertThat(share[3]).isZero();
    assertThat(share[2]).isCloseTo(0.644 / (0.644 + 0.237), within(0.01));
  }

  @Test
  void aDrawDependsOnSeedAndIndexAlone() {
    SamplingParams params = new SamplingParams(0.8f, 0.95f, 7, 1, Set.of());
    int[] whole = new int[64];
    for (int i = 0; i < 64; i++) {
      whole[i] = Sampler.draw(LOGITS, params, i);
    }
    // Taken up again in the middle, the draws are the same.
    for (int i = 63; i >= 32; i--) {
      assertThat(Sampler.draw(LOGITS, params, i)).isEqualTo(whole[i]);
    }
    assertThat(Sampler.uniform(7, 3)).isNotEqualTo(Sampler.uniform(8, 3));
    assertThat(Sampler.uniform(7, 3)).isNotEqualTo(Sampler.uniform(7, 4));
  }

  @Test
  void theRandomNumbersAreFixedForAllVersions() {
    // Another value here means that a request resumed on a pod of another version changes its
    // words.
    assertThat(Sampler.uniform(0, 0)).isEqualTo(Sampler.uniform(0, 0)).isBetween(0.0, 1.0);
    double mean = 0;
    for (int i = 0; i < 10_000; i++) {
      mean += Sampler.uniform(i % 100, i / 100) / 10_000;
    }
    assertThat(mean).isCloseTo(0.5, within(0.02));
  }

  @Test
  void lowTemperaturesDoNotOverflow() {
    assertThat(
            Sampler.draw(
                new float[] {-1e30f, 1e30f}, new SamplingParams(1e-6f, 1, 3, 1, Set.of()), 0))
        .isEqualTo(1);
  }

  @Test
  void numbersThatAreNoneAreRefused() {
    SamplingParams greedy = SamplingParams.greedy(1, Set.of());
    assertThatThrownBy(() -> Sampler.draw(new float[] {1, Float.NaN}, greedy, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> new SamplingParams(-1, 1, 0, 1, Set.of()))
        .hasMessageContaining("temperature");
    assertThatThrownBy(() -> new SamplingParams(1, 0, 0, 1, Set.of()))
        .hasMessageContaining("top_p");
  }

  private static double[] shares(SamplingParams params, int n) {
    double[] share = new double[LOGITS.length];
    for (int i = 0; i < n; i++) {
      share[Sampler.draw(LOGITS, params, i)] += 1.0 / n;
    }
    for (int i = 0; i < share.length; i++) {
      share[i] = Math.round(share[i] * 1e9) / 1e9;
    }
    return share;
  }
}

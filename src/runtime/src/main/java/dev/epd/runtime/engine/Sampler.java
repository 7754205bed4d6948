package dev.epd.runtime.engine;

import java.util.Arrays;

/**
 * Draws a token from logits. The result is a pure function of the logits, the parameters and the
 * token's index: a request resumed in another process goes on with the same tokens.
 *
 * <p>Random numbers are counter-based: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA
 * 2014) applied to the seed and then, with the golden gamma, to the index. {@link StrictMath} keeps
 * exponentials equal on every machine.
 */
public final class Sampler {
  /**
   * Below this many nats under the best logit a token's probability is lost in a double's rounding.
   */
  private static final double NEGLIGIBLE = -40;

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private Sampler() {}

  /**
   * Token {@code index} of a sequence (0 is the first generated one).
   *
   * @throws IllegalStateException if a logit is not a finite number: the model has gone wrong, no
   *     token would be true
   */
  public static int draw(float[] logits, SamplingParams params, int index) {
    int best = argmax(logits);
    if (params.temperature() == 0) {
      return best;
    }
    double[] weights = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double nats = ((double) logits[i] - logits[best]) / params.temperature();
      weights[i] = nats < NEGLIGIBLE ? 0 : StrictMath.exp(nats);
      sum += weights[i];
    }
    double u = uniform(params.seed(), index);
    return params.topP() < 1
        ? drawNucleus(weights, sum * params.topP(), u)
        : walk(weights, sum * u, best);
  }

  /** The index of the greatest logit, the lowest one on ties. */
  static int argmax(float[] logits) {
    int best = 0;
    for (int i = 0; i < logits.length; i++) {
      if (!Float.isFinite(logits[i])) {
        throw new IllegalStateException("logit " + i + " is " + logits[i]);
      }
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  /** A number in [0, 1) that depends on the two arguments alone. */
  static double uniform(long seed, int index) {
    long bits = mix(mix(seed) + (index + 1L) * GOLDEN_GAMMA);
    return (bits >>> 11) * 0x1p-53;
  }

  private static int drawNucleus(double[] weights, double mass, double u) {
    Integer[] order = descending(weights);
    double kept = 0;
    int n = 0;
    while (n < order.length && (n == 0 || kept < mass)) {
      kept += weights[order[n++]];
    }
    double left = kept * u;
    for (int i = 0; i < n; i++) {
      left -= weights[order[i]];
      if (left < 0) {
        return order[i];
      }
    }
    return order[n - 1];
  }

  /** Indices of tokens with any weight, most likely first, the lower index first on ties. */
  private static Integer[] descending(double[] weights) {
    Integer[] order = new Integer[weights.length];
    int n = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0) {
        order[n++] = i;
      }
    }
    Integer[] some = Arrays.copyOf(order, n);
    Arrays.sort(some, (a, b) -> Double.compare(weights[b], weights[a]));
    return some;
  }

  private static int walk(double[] weights, double target, int last) {
    double left = target;
    for (int i = 0; i < weights.length; i++) {
      left -= weights[i];
      if (left < 0) {
        return i;
      }
    }
    return last;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}

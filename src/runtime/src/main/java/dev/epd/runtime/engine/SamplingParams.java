package dev.epd.runtime.engine;

import java.util.Set;

/**
 * How the tokens of one sequence are drawn and when it ends.
 *
 * @param temperature 0 is greedy
 * @param topP the smallest set of most likely tokens that holds this much probability is drawn
 *     from; 1 is all
 * @param seed of the random numbers; with the token's index it decides every draw
 * @param maxTokens generated tokens at most, the first one included
 * @param stopTokens generation ends when one of them is drawn
 */
public record SamplingParams(
    float temperature, float topP, long seed, int maxTokens, Set<Integer> stopTokens) {
  public SamplingParams {
    stopTokens = Set.copyOf(stopTokens);
    if (!(temperature >= 0) || Float.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature must be 0 or more, got " + temperature);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top_p must be above 0 and at most 1, got " + topP);
    }
    if (maxTokens < 1) {
      throw new IllegalArgumentException("max_tokens must be at least 1, got " + maxTokens);
    }
  }

  /** The most likely token each time. */
  public static SamplingParams greedy(int maxTokens, Set<Integer> stopTokens) {
    return new SamplingParams(0, 1, 0, maxTokens, stopTokens);
  }
}

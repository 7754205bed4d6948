package dev.epd.planner;

import java.util.Comparator;

/**
 * What a pod would have to finish or hand over if it were told to stop now.
 *
 * @param patches image work that gateways have given it and that it has not delivered
 * @param calls requests that are inside: pictures until their embeddings are committed elsewhere,
 *     prompts until their KV cache is handed over, answers until their last token
 */
public record HeldWork(double patches, double calls) implements Comparable<HeldWork> {
  private static final Comparator<HeldWork> LEAST_FIRST =
      Comparator.comparingDouble(HeldWork::patches).thenComparingDouble(HeldWork::calls);

  @Override
  public int compareTo(HeldWork other) {
    return LEAST_FIRST.compare(this, other);
  }
}

package dev.epd.planner;

import java.util.Comparator;

/**
 * What a pod would have to finish or hand over if it were told to stop now, and whether it is one
 * to keep.
 *
 * @param slowness steps of speed that it is behind the fastest of its pool, 0 where not known
 * @param patches image work that gateways have given it and that it has not delivered
 * @param calls requests that are inside: pictures until their embeddings are committed elsewhere,
 *     prompts until their KV cache is handed over, answers until their last token
 */
public record HeldWork(int slowness, double patches, double calls) implements Comparable<HeldWork> {
  private static final Comparator<HeldWork> FIRST_TO_GO =
      Comparator.comparingInt(HeldWork::slowness)
          .reversed()
          .thenComparingDouble(HeldWork::patches)
          .thenComparingDouble(HeldWork::calls);

  @Override
  public int compareTo(HeldWork other) {
    return FIRST_TO_GO.compare(this, other);
  }
}

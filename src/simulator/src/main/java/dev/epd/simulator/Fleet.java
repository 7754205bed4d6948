package dev.epd.simulator;

import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;

/**
 * What the encoders of a pool run on. A new pod gets one of the free nodes by lot.
 *
 * @param nodes how many there are
 * @param speeds factor on the service law's rate by the number of the node
 * @param seed of the lot
 * @param slowGoFirst whether of the ready pods slow ones are removed first, as the operator does
 */
public record Fleet(int nodes, IntToDoubleFunction speeds, long seed, boolean slowGoFirst) {
  /** All alike, and as many as one likes. */
  public static final Fleet ALIKE = new Fleet(Integer.MAX_VALUE, node -> 1, 0, true);

  SplittableRandom lot() {
    return new SplittableRandom(seed);
  }
}

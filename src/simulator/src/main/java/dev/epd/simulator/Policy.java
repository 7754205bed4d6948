package dev.epd.simulator;

/**
 * A rule that says how many replicas a pool should have. Asked once a second; keeps its own state.
 */
public interface Policy {
  /** Name in reports. */
  String name();

  /** Replicas wanted now; the simulator keeps them within the pool's limits. */
  int decide(View pool);

  /** Whether the first image at an empty pool is seen at once, as by a held request. */
  default boolean wakesAtOnce() {
    return false;
  }
}

package dev.epd.simulator.policy;

import dev.epd.simulator.Policy;
import dev.epd.simulator.View;

/** Always the same number. */
public record Fixed(String name, int replicas) implements Policy {
  @Override
  public int decide(View pool) {
    return replicas;
  }
}

package dev.epd.operator.autoscaling;

import dev.epd.autoscaler.LoadSample;
import java.time.Duration;

/** Where load comes from. Who does not answer is missing from the sample, never zero. */
public interface LoadSource {

  /** Reads all targets once; takes no longer than about a second. */
  LoadSample read(LoadTargets targets) throws InterruptedException;

  /**
   * Waits until the next look is due: at the latest after the given time, at once when a gateway
   * says that images wait for a pool that sleeps.
   *
   * @param asleep whether the pool has no replica
   */
  void awaitNextLook(LoadTargets targets, boolean asleep, Duration atMost)
      throws InterruptedException;
}

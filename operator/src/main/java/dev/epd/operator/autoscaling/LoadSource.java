package dev.epd.operator.autoscaling;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where load comes from. Who does not answer has no page, never an empty one. */
interface LoadSource {

  /** Reads all targets once; takes no longer than about a second. */
  Scrape read(LoadTargets targets) throws InterruptedException;

  /** Fetches another page, such as a Prometheus answer; null when that fails. */
  @Nullable String get(URI page);

  /**
   * Waits until the next look is due: at the latest after the given time, at once when a gateway
   * says that images wait for a pool that sleeps.
   *
   * @param asleep whether the pool has no replica
   * @return whether a gateway said so
   */
  boolean awaitNextLook(LoadTargets targets, boolean asleep, Duration atMost)
      throws InterruptedException;
}

package dev.epd.autoscaler;

import java.time.Duration;

/**
 * How fast a pool follows the load; as fast as it asks unless a user says otherwise. How long less
 * must have been enough before replicas are removed is {@link PolicySettings#scaleDownAfter}.
 *
 * @param upWindow how long more must have been wanted before replicas are added
 */
public record Pace(RateLimit up, RateLimit down, Duration upWindow) {

  /** No limit. */
  public static final Pace FREE = new Pace(RateLimit.NONE, RateLimit.NONE, Duration.ZERO);

  /** Checks the window. */
  public Pace {
    if (upWindow.isNegative()) {
      throw new IllegalArgumentException("upWindow must not be negative, got " + upWindow);
    }
  }
}

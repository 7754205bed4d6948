package dev.epd.autoscaler;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far the number of replicas may move in one direction within a period. Of the two bounds the
 * wider one counts, so that a share never stops a small pool; one replica may always move.
 *
 * @param maxPods replicas; null = no such bound
 * @param maxPercent share of the replicas at the period's beginning; null = no such bound
 */
public record RateLimit(@Nullable Integer maxPods, @Nullable Integer maxPercent, Duration period) {

  /** As fast as the load asks. */
  public static final RateLimit NONE = new RateLimit(null, null, Duration.ofMinutes(1));

  /** Checks the figures. */
  public RateLimit {
    if ((maxPods != null && maxPods < 1) || (maxPercent != null && maxPercent < 1)) {
      throw new IllegalArgumentException(
          "a rate limit must let something through, got %s pods, %s %%"
              .formatted(maxPods, maxPercent));
    }
    if (period.isNegative() || period.isZero()) {
      throw new IllegalArgumentException("period must be positive, got " + period);
    }
  }

  boolean isNone() {
    return maxPods == null && maxPercent == null;
  }

  /** The most replicas that a pool of {@code from} may grow to now. */
  int most(int from, Course course, Instant now) {
    if (isNone()) {
      return Integer.MAX_VALUE;
    }
    int began = course.at(now.minus(period), from);
    return Math.max(from, began + step(began));
  }

  /** The fewest replicas that a pool of {@code from} may shrink to now. */
  int least(int from, Course course, Instant now) {
    if (isNone()) {
      return 0;
    }
    int began = course.at(now.minus(period), from);
    return Math.min(from, Math.max(0, began - step(began)));
  }

  private int step(int began) {
    int pods = maxPods == null ? 0 : maxPods;
    int share = maxPercent == null ? 0 : (int) Math.ceilDiv((long) began * maxPercent, 100);
    return Math.max(1, Math.max(pods, share));
  }
}

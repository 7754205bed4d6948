package dev.epd.gateway.routing;

import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the n-th retry, with jitter so that those who failed together spread. */
final class Backoff {
  private static final long MILLI = 1_000_000;

  private Backoff() {}

  /**
   * @param failures so far, at least 1
   * @param busy the pod is full rather than broken: try again soon, but for long
   */
  static long nanos(int failures, boolean busy) {
    long base = busy ? 40 * MILLI : 150 * MILLI;
    long limit = busy ? 500 * MILLI : 2_000 * MILLI;
    long full = Math.min(limit, base << Math.min(10, failures - 1));
    return full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1);
  }
}

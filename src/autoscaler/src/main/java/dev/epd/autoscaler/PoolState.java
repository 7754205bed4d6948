package dev.epd.autoscaler;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pool as it is now.
 *
 * @param wanted the pool's {@code spec.replicas}
 * @param min fewest replicas allowed, 0 included
 * @param max most replicas allowed, at least {@code min}
 * @param replicas the pods that exist
 * @param minBy the schedule, or the field, that set {@code min}; null = the pool itself
 * @param maxBy the schedule, or the field, that set {@code max}; null = the pool itself
 * @param startLimit how long a replica may take to start before it is ended
 */
public record PoolState(
    int wanted,
    int min,
    int max,
    List<Replica> replicas,
    @Nullable String minBy,
    @Nullable String maxBy,
    Duration startLimit) {
  /** The limit of pools that set none. */
  public static final Duration START_LIMIT = Duration.ofMinutes(10);

  /** A pool whose limits are its own. */
  public PoolState(int wanted, int min, int max, List<Replica> replicas) {
    this(wanted, min, max, replicas, null, null, START_LIMIT);
  }

  /** Checks the limits and copies the list. */
  public PoolState {
    if (wanted < 0 || min < 0 || max < min) {
      throw new IllegalArgumentException(
          "need wanted >= 0 and 0 <= min <= max, got wanted=%d min=%d max=%d"
              .formatted(wanted, min, max));
    }
    replicas = List.copyOf(replicas);
  }

  /** Where a pod stands in its life. */
  public enum Phase {
    /** Created, not ready yet. */
    STARTING,
    /** Takes work. */
    READY,
    /** Being deleted; finishes what it has. */
    DRAINING,
    /** Ended, evicted for one; another is made in its place. */
    FAILED;

    /** Whether a pod in it is one of those that are wanted. */
    boolean counts() {
      return this == STARTING || this == READY;
    }
  }

  /**
   * One pod.
   *
   * @param age time since the pod was created, or since it was last ready
   * @param returns whether it has been ready before
   */
  public record Replica(String name, Phase phase, Duration age, boolean returns) {
    /** A pod that has not been ready before it is for the first time. */
    public Replica(String name, Phase phase, Duration age) {
      this(name, phase, age, false);
    }
  }

  /** Number of pods in one phase. */
  public int count(Phase phase) {
    int count = 0;
    for (Replica replica : replicas) {
      count += replica.phase() == phase ? 1 : 0;
    }
    return count;
  }

  /** The nearest allowed number of replicas. */
  public int clamp(int count) {
    return Math.clamp(count, min, max);
  }
}

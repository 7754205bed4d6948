package dev.epd.autoscaler;

import dev.epd.autoscaler.PoolState.Phase;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One figure that a pool is scaled on beside, or instead of, the image queue.
 *
 * @param name as in the policy
 * @param value the figure now; null = not known
 * @param target what it should be
 * @param replicas the fewest that were ready while the value was measured
 * @param whole whether all who are part of it said so; otherwise it is at least the value, which is
 *     enough to add replicas and never to remove any
 */
public record SignalReading(
    String name, Kind kind, @Nullable Double value, double target, int replicas, boolean whole) {
  /** How far a share may be off its target before it asks for another number. */
  private static final double TOLERANCE = 0.1;

  /** A figure says no more than "twice as many" at a time: far off, it is not proportional. */
  private static final double MOST = 2;

  /** What a value means for the number of replicas. */
  public enum Kind {
    /** The value is a sum over the pool; each replica carries the target. */
    SUM,
    /** The value is a share that falls as replicas are added, all else equal. */
    SHARE,
    /** The same, told by what has passed: what was bought last must show before more is. */
    LATENCY
  }

  /** A value of this moment. */
  public SignalReading(String name, Kind kind, @Nullable Double value, double target) {
    this(name, kind, value, target, Integer.MAX_VALUE);
  }

  /** A value that all who are part of it gave. */
  public SignalReading(
      String name, Kind kind, @Nullable Double value, double target, int replicas) {
    this(name, kind, value, target, replicas, true);
  }

  /** A value that is at least so much: somebody did not say his part of it. */
  public static SignalReading atLeast(
      String name, Kind kind, @Nullable Double value, double target) {
    return new SignalReading(name, kind, value, target, Integer.MAX_VALUE, false);
  }

  /** Checks the target. */
  public SignalReading {
    if (!Double.isFinite(target) || target <= 0) {
      throw new IllegalArgumentException("target of " + name + " must be positive, got " + target);
    }
    if (value != null && (!Double.isFinite(value) || value < 0)) {
      value = null;
    }
  }

  boolean isKnown() {
    return value != null;
  }

  boolean isWhole() {
    return value != null && whole;
  }

  /**
   * Whether it asks for nothing to change: nobody is there to whom the value could apply, or those
   * that were bought last have not come yet, or came while the value was measured: it speaks of
   * fewer.
   */
  boolean holds(PoolState pool) {
    if (value == null || kind == Kind.SUM || pool.wanted() == 0) {
      return false;
    }
    int ready = pool.count(Phase.READY);
    return ready == 0
        || (kind == Kind.LATENCY
            && value / target > 1 + TOLERANCE
            && (ready < pool.wanted() || ready > replicas));
  }

  /**
   * The replicas that it asks for; 0 when it is not known.
   *
   * @param absent replicas that start for too long: they are no part of the answer
   */
  int wanted(PoolState pool, int absent) {
    if (value == null) {
      return 0;
    }
    double ratio = value / target;
    if (kind == Kind.SUM) {
      return (int) Math.min(1e6, Math.ceil(ratio - 1e-9));
    }
    int ready = pool.count(Phase.READY);
    if (holds(pool)) {
      return Math.max(ready, pool.wanted() - absent);
    }
    if (Math.abs(ratio - 1) <= TOLERANCE) {
      return Math.min(pool.wanted(), ready);
    }
    int asked = (int) Math.ceil(ready * Math.min(MOST, ratio) - 1e-9);
    // Those that are still to come are none too many while the ones that are there do not suffice.
    int uncapped = (int) Math.min(1e6, Math.ceil(ready * ratio - 1e-9));
    return ratio > 1 ? Math.max(asked, Math.min(pool.wanted() - absent, uncapped)) : asked;
  }

  /** The reading that asks for the most replicas; null when none is known. */
  static @Nullable SignalReading largest(List<SignalReading> readings, PoolState pool, int absent) {
    SignalReading best = null;
    for (SignalReading reading : readings) {
      if (reading.isKnown()
          && (best == null || reading.wanted(pool, absent) > best.wanted(pool, absent))) {
        best = reading;
      }
    }
    return best;
  }
}

package dev.epd.autoscaler;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The part of an autoscaling policy that a decision needs.
 *
 * @param mode whether to act at all
 * @param targetWait how long an image may wait for an encoder
 * @param scaleDownAfter how long less must be enough before replicas are removed; null = as long as
 *     a replica takes to start, the time after which a start has paid for itself
 * @param interval time between two looks; figures older than three intervals are not data
 * @param warmSpares replicas kept above what the load asks for while there is load
 * @param pace how fast to follow the load
 * @param fallback what to do when there are no figures for long; null = the number stays
 */
public record PolicySettings(
    Mode mode,
    Duration targetWait,
    @Nullable Duration scaleDownAfter,
    Duration interval,
    int warmSpares,
    Pace pace,
    @Nullable Fallback fallback) {

  /** The defaults: act, half a second, learned, once a second. */
  public static final PolicySettings DEFAULT =
      new PolicySettings(Mode.AUTO, Duration.ofMillis(500), null, Duration.ofSeconds(1));

  /** The same without warm spares. */
  public PolicySettings(
      Mode mode, Duration targetWait, @Nullable Duration scaleDownAfter, Duration interval) {
    this(mode, targetWait, scaleDownAfter, interval, 0);
  }

  /** The same as fast as the load asks. */
  public PolicySettings(
      Mode mode,
      Duration targetWait,
      @Nullable Duration scaleDownAfter,
      Duration interval,
      int warmSpares) {
    this(mode, targetWait, scaleDownAfter, interval, warmSpares, Pace.FREE, null);
  }

  /**
   * Replicas to have at least while no figures come; never fewer than there are.
   *
   * @param after how long there must have been no usable figures
   */
  public record Fallback(int replicas, Duration after) {
    /** Checks the figures. */
    public Fallback {
      if (replicas < 1 || after.isNegative()) {
        throw new IllegalArgumentException("fallback to " + replicas + " after " + after);
      }
    }
  }

  /** Whether the scaler acts. */
  public enum Mode {
    /** Leaves the pool alone. */
    OFF,
    /** Decides as if it acted, and only says so. */
    RECOMMEND,
    /** Decides and acts. */
    AUTO
  }

  /** Checks that durations are usable. */
  public PolicySettings {
    if (targetWait.isNegative() || targetWait.isZero()) {
      throw new IllegalArgumentException("targetWait must be positive, got " + targetWait);
    }
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("interval must be positive, got " + interval);
    }
    if (warmSpares < 0) {
      throw new IllegalArgumentException("warmSpares must not be negative, got " + warmSpares);
    }
    if (scaleDownAfter != null && scaleDownAfter.isNegative()) {
      throw new IllegalArgumentException(
          "scaleDownAfter must not be negative, got " + scaleDownAfter);
    }
  }

  /** Age from which a sample no longer counts as data. */
  public Duration staleAfter() {
    return interval.plus(interval).plus(interval);
  }

  /** The time for which less must have been enough, given the learned start-up time. */
  public Duration scaleDownAfter(Duration startup) {
    return scaleDownAfter != null ? scaleDownAfter : startup;
  }
}

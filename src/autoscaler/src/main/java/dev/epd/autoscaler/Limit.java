package dev.epd.autoscaler;

/** What kept a decision from the number that the load alone would give. */
public enum Limit {
  /** Nothing did. */
  NONE,
  /** The pool's {@code minReplicas}. */
  MIN_REPLICAS,
  /** The pool's {@code maxReplicas}. */
  MAX_REPLICAS,
  /** A ratio to the number of another pool. */
  RATIO,
  /** The most that may be added within a period. */
  SCALE_UP_RATE,
  /** More has not been wanted for long enough. */
  SCALE_UP_WINDOW,
  /** The most that may be removed within a period. */
  SCALE_DOWN_RATE,
  /** Prefill has no place for more. */
  PREFILL,
  /** Decode has no slot for more. */
  DECODE,
  /** Less has not been enough for long enough. */
  SCALE_DOWN_TIME,
  /** This process has only just taken over. */
  TAKEOVER,
  /** The picture of the load is not complete. */
  DATA
}

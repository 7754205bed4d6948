package dev.epd.autoscaler;

/** What kept a decision from the number that the load alone would give. */
public enum Limit {
  /** Nothing did. */
  NONE,
  /** The pool's {@code minReplicas}. */
  MIN_REPLICAS,
  /** The pool's {@code maxReplicas}. */
  MAX_REPLICAS,
  /** Less has not been enough for long enough. */
  SCALE_DOWN_TIME,
  /** This process has only just taken over. */
  TAKEOVER,
  /** The picture of the load is not complete. */
  DATA
}

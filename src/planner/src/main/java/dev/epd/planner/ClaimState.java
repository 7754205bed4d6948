package dev.epd.planner;

/** What is known of the PersistentVolumeClaim that holds the model. */
public enum ClaimState {
  BOUND,
  /** Exists, has no volume yet. */
  UNBOUND,
  MISSING,
  /** Not looked at. */
  UNKNOWN
}

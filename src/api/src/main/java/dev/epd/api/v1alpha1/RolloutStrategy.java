package dev.epd.api.v1alpha1;

/** In what order pods are replaced when the spec of a cluster changes. */
public enum RolloutStrategy {
  /** One role at a time; a new key brings a complete new set beside the old one. */
  Coordinated,
  /** All roles at once; a new key as in Coordinated. */
  Independent,
  /** One role at a time; with a new key the old set leaves before the new one comes. */
  Recreate
}

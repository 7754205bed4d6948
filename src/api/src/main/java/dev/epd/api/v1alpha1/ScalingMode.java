package dev.epd.api.v1alpha1;

/** Whether the autoscaler acts. */
public enum ScalingMode {
  /** Decides nothing; the number of pods stays. */
  Off,
  /** Decides as if it acted, and only says so. */
  Recommend,
  /** Decides and acts. */
  Auto
}

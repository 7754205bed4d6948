package dev.epd.api.v1alpha1;

/** Whether the autoscaler acts. */
public enum ScalingMode {
  /** Decides nothing; the number of pods stays. */
  Off,
  /** Decides and acts. */
  Auto
}

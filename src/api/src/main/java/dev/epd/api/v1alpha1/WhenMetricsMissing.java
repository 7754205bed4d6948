package dev.epd.api.v1alpha1;

/** What happens without fresh metrics. */
public enum WhenMetricsMissing {
  /** The number of pods stays as it is. */
  Hold,
  /** The same, and after a while there are at least so many. */
  Fallback
}

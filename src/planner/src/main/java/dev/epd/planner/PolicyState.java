package dev.epd.planner;

import dev.epd.api.v1alpha1.ScalingMode;

/** What is known of an EPDAutoscalingPolicy that exists. */
public enum PolicyState {
  ACTS,
  /** Its mode is Off or Recommend. */
  IDLE,
  /** Says nothing, as one that is missing. */
  UNREADABLE;

  /** That of a policy of this mode. */
  public static PolicyState of(ScalingMode mode) {
    return mode == ScalingMode.Auto ? ACTS : IDLE;
  }
}

package dev.epd.api.v1alpha1;

/** Whether the operator makes an object that users may prefer to bring themselves. */
public enum ManagedBy {
  /** The operator makes it and keeps it as it should be. */
  Managed,
  /** The operator makes none, and removes the one that it made. */
  None
}

package dev.epd.planner;

import dev.epd.api.v1alpha1.Reason;

/** Something worth an event. {@code message} is a sentence that says what to do, if anything. */
public record Notice(Type type, Reason reason, String message) {
  /** As events have it. */
  public enum Type {
    Normal,
    Warning
  }

  public static Notice normal(Reason reason, String message) {
    return new Notice(Type.Normal, reason, message);
  }

  public static Notice warning(Reason reason, String message) {
    return new Notice(Type.Warning, reason, message);
  }
}

package dev.epd.runtime.engine;

/** A bounded queue is full; the work was not taken. Somebody else may have room. */
public final class OverloadedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OverloadedException(String message) {
    super(message);
  }
}

package dev.epd.runtime.engine;

/** The work's deadline passed before it was done; what was left of it has not been computed. */
public final class DeadlineExceededException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeadlineExceededException() {
    super("the deadline passed before the work was done");
  }
}

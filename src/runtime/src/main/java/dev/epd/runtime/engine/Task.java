package dev.epd.runtime.engine;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Work that may be cancelled from any thread and must not be computed after its deadline. The
 * engine looks before every step.
 */
public abstract sealed class Task permits Sequence, EncodeJob {
  private final long deadlineNanos;
  private volatile boolean cancelled;

  /**
   * @param deadlineNanos on the engine's monotonic clock
   */
  Task(long deadlineNanos) {
    this.deadlineNanos = deadlineNanos;
  }

  /**
   * Ends the work within one step, with a {@link CancellationException}; nothing happens if it is
   * over.
   */
  public final void cancel() {
    cancelled = true;
  }

  /** Why the work must not go on, or null. */
  final @Nullable RuntimeException stopped(long nowNanos) {
    if (cancelled) {
      return new CancellationException("cancelled by the caller");
    }
    return nowNanos - deadlineNanos >= 0 ? new DeadlineExceededException() : null;
  }
}

package dev.epd.operator;

import io.vertx.core.VertxException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jboss.logmanager.LogContext;
import org.jspecify.annotations.Nullable;

/** Remembers what was logged with an exception, or as an error, while it is open. */
final class LogWatch extends Handler implements AutoCloseable {
  private final List<String> troubles = new CopyOnWriteArrayList<>();
  private final AtomicInteger broken = new AtomicInteger();
  private final org.jboss.logmanager.Logger root = LogContext.getLogContext().getLogger("");
  private final java.util.logging.Logger plainRoot = java.util.logging.Logger.getLogger("");

  LogWatch() {
    root.addHandler(this);
    plainRoot.addHandler(this);
  }

  /** Reconciles that were tried again because a connection broke off. */
  int broken() {
    return broken.get();
  }

  List<String> troubles() {
    return List.copyOf(troubles);
  }

  @Override
  public void publish(LogRecord line) {
    boolean isTrouble =
        line.getLevel().intValue() >= Level.SEVERE.intValue()
            || (line.getThrown() != null && line.getLevel().intValue() >= Level.WARNING.intValue());
    if (isTrouble && isOfTheConnection(line.getThrown())) {
      broken.incrementAndGet();
    } else if (isTrouble && troubles.size() < 100) {
      StringBuilder text = new StringBuilder(line.getLoggerName() + ": " + line.getMessage());
      for (Throwable t = line.getThrown(); t != null; t = t.getCause()) {
        text.append("\n  ").append(t);
        for (int i = 0; i < Math.min(6, t.getStackTrace().length); i++) {
          text.append("\n    ").append(t.getStackTrace()[i]);
        }
      }
      troubles.add(text.toString());
      // Nobody asks for it any more if the framework ends the process for it.
      System.err.println(text);
    }
  }

  /** A connection to the API server that broke off says nothing about what was sent on it. */
  private static boolean isOfTheConnection(@Nullable Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof IOException || t instanceof VertxException) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    root.removeHandler(this);
    plainRoot.removeHandler(this);
  }
}

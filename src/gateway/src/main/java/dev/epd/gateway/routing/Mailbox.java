package dev.epd.gateway.routing;

import java.util.PriorityQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Signals to the one thread of a request, and the timers it sets itself. What can be in it is
 * bounded: streams are asked for more only as their signals are taken out.
 */
final class Mailbox {
  private record Letter(int attempt, Signal signal) {}

  private record Alarm(long atNanos, int attempt, Runnable action) {}

  /** Attempt number of signals that concern every attempt. */
  static final int ALWAYS = 0;

  private final LinkedBlockingQueue<Letter> letters = new LinkedBlockingQueue<>();
  private final PriorityQueue<Alarm> alarms =
      new PriorityQueue<>((a, b) -> Long.signum(a.atNanos() - b.atNanos()));

  /** From any thread; never blocks. */
  void post(int attempt, Signal signal) {
    letters.add(new Letter(attempt, signal));
  }

  /** Runs the action during a later {@link #take}, if that attempt still goes on. */
  void alarm(int attempt, long atNanos, Runnable action) {
    alarms.add(new Alarm(atNanos, attempt, action));
  }

  /** The next signal of the attempt, or null when the deadline has passed. */
  @Nullable Signal take(int attempt, long deadlineNanos) throws InterruptedException {
    while (true) {
      long now = System.nanoTime();
      if (now - deadlineNanos >= 0) {
        return null;
      }
      long until = deadlineNanos;
      Alarm alarm = alarms.peek();
      if (alarm != null) {
        if (now - alarm.atNanos() >= 0) {
          alarms.poll();
          if (alarm.attempt() == attempt) {
            alarm.action().run();
          }
          continue;
        }
        until = alarm.atNanos() - until < 0 ? alarm.atNanos() : until;
      }
      Letter letter = letters.poll(until - now, TimeUnit.NANOSECONDS);
      if (letter != null && (letter.attempt() == attempt || letter.attempt() == ALWAYS)) {
        return letter.signal();
      }
    }
  }
}

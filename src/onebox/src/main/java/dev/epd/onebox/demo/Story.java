package dev.epd.onebox.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Tells what happens and how long each step took, with a sign of life at least every two seconds.
 */
final class Story implements AutoCloseable {

  /** Less than what is promised: asking for the progress takes a moment too. */
  private static final long SIGN_OF_LIFE_MILLIS = 1_500;

  private final PrintStream out;
  private final long start = System.nanoTime();
  private final List<Step> steps = new ArrayList<>();
  private final ExecutorService worker = Executors.newVirtualThreadPerTaskExecutor();

  private record Step(String what, Duration took) {}

  Story(PrintStream out) {
    this.out = out;
  }

  void say(String format, Object... args) {
    out.printf(Locale.ROOT, "%6.1f s  %s%n", elapsed().toMillis() / 1000.0, format.formatted(args));
    out.flush();
  }

  /** Text that goes on in the same line: a streamed answer. */
  void stream(String piece) {
    out.print(piece);
    out.flush();
  }

  void block(String text) {
    text.lines().forEach(line -> out.println("          " + line));
    out.flush();
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /**
   * Runs one step.
   *
   * @param progress what to say while it lasts
   */
  <T> T step(String what, Supplier<String> progress, Callable<T> work) throws Exception {
    long begin = System.nanoTime();
    say("%s …", what);
    Future<T> future = worker.submit(work);
    while (true) {
      try {
        T result = future.get(SIGN_OF_LIFE_MILLIS, TimeUnit.MILLISECONDS);
        steps.add(new Step(what, Duration.ofNanos(System.nanoTime() - begin)));
        return result;
      } catch (TimeoutException e) {
        say("   %s", progress.get());
      } catch (java.util.concurrent.ExecutionException e) {
        if (e.getCause() instanceof Exception cause) {
          throw cause;
        }
        throw e;
      }
    }
  }

  void summary() {
    say("How long each step took:");
    steps.forEach(
        step ->
            block(
                String.format(
                    Locale.ROOT, "%6.1f s  %s", step.took.toMillis() / 1000.0, step.what)));
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }
}

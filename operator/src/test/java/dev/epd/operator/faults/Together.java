package dev.epd.operator.faults;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The same work in several lanes at once. */
final class Together {
  private Together() {}

  /** What one lane does. */
  interface Work<L> {
    void in(L lane) throws Exception;
  }

  /** Returns when all have done it; fails with the first failure. */
  static <L> void inEvery(List<L> lanes, Work<L> work) throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Void>> tasks =
          lanes.stream()
              .<Callable<Void>>map(
                  lane ->
                      () -> {
                        work.in(lane);
                        return null;
                      })
              .toList();
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }
}

package dev.epd.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Closed loop: so many askers, each with one request open at a time. */
final class Load {
  private Load() {}

  /**
   * @param count finished requests
   * @param seconds from the first start to the last end
   */
  record Done<T>(List<T> answers, double seconds) {
    double perSecond() {
      return answers.size() / seconds;
    }
  }

  interface Request<T> {
    /**
     * @param number counts the requests of all askers, from 0
     */
    T ask(int number) throws Exception;
  }

  /** Starts requests for that long and waits for the last ones. The first failure ends it. */
  static <T> Done<T> during(Duration time, int askers, Request<T> request) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    return run(askers, request, number -> System.nanoTime() < end);
  }

  /** Exactly so many requests. */
  static <T> Done<T> of(int requests, int askers, Request<T> request) throws Exception {
    return run(askers, request, number -> number < requests);
  }

  private interface Goes {
    boolean on(int number);
  }

  private static <T> Done<T> run(int askers, Request<T> request, Goes goes) throws Exception {
    AtomicInteger next = new AtomicInteger();
    List<Callable<List<T>>> loops = new ArrayList<>();
    for (int i = 0; i < askers; i++) {
      loops.add(
          () -> {
            List<T> answers = new ArrayList<>();
            for (int n = next.getAndIncrement(); goes.on(n); n = next.getAndIncrement()) {
              answers.add(request.ask(n));
            }
            return answers;
          });
    }
    List<T> all = new ArrayList<>();
    long start = System.nanoTime();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<T>>> ends = threads.invokeAll(loops);
      double seconds = (System.nanoTime() - start) / 1e9;
      for (Future<List<T>> answers : ends) {
        all.addAll(answers.get());
      }
      return new Done<>(all, seconds);
    }
  }
}

package dev.epd.onebox.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A steady stream of image requests, faster than one encoder can serve, until it is stopped; each
 * image is a file of its own, so that none is answered from a cache. At most {@code maxInFlight}
 * requests are open at a time, so the load is bounded whatever the server does.
 */
final class Burst implements AutoCloseable {

  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore open;
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger right = new AtomicInteger();
  private final AtomicInteger wrong = new AtomicInteger();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

  private final ChatClient client;
  private final ShapePicture picture;
  private final byte[] png;

  Burst(ChatClient client, ShapePicture picture, int maxInFlight) {
    this.client = client;
    this.picture = picture;
    this.png = picture.png();
    this.open = new Semaphore(maxInFlight);
  }

  void start(Duration interval) {
    clock.scheduleAtFixedRate(this::send, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Sends no more and waits for the answers that are still open. */
  boolean stop(Duration patience) throws InterruptedException {
    clock.shutdown();
    requests.shutdown();
    return requests.awaitTermination(patience.toSeconds(), TimeUnit.SECONDS);
  }

  int sent() {
    return sent.get();
  }

  int right() {
    return right.get();
  }

  int wrong() {
    return wrong.get();
  }

  ConcurrentLinkedQueue<String> failures() {
    return failures;
  }

  private void send() {
    if (open.tryAcquire()) {
      int number = sent.incrementAndGet();
      requests.execute(() -> ask(number));
    }
  }

  private void ask(int number) {
    try {
      byte[] another = ShapePicture.another(png, number);
      String answer = client.ask("What is in the picture?", another, piece -> {});
      (answer.equals(picture.truth()) ? right : wrong).incrementAndGet();
    } catch (IOException e) {
      failures.add(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.release();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    requests.shutdownNow();
  }
}

package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Every number of replicas that a pool was seen with, and when. */
final class ReplicaClock implements AutoCloseable {
  private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
  private final List<Integer> numbers = new CopyOnWriteArrayList<>();
  private final Watch watch;

  private record Seen(int replicas, long nanos) {}

  ReplicaClock(KubernetesClient client, String ns, String pool) {
    watch =
        client
            .resources(EPDPool.class)
            .inNamespace(ns)
            .withName(pool)
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, EPDPool resource) {
                    numbers.add(resource.getSpec().replicasOrDefault());
                    seen.add(new Seen(resource.getSpec().replicasOrDefault(), System.nanoTime()));
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                });
  }

  /** Waits, for as long as tests wait, until there are so many; the time since a moment. */
  Duration until(int replicas, long sinceNanos) throws InterruptedException {
    List<Integer> others = new ArrayList<>();
    long end = System.nanoTime() + OperatorWorld.PATIENCE.toNanos();
    for (long left = end - sinceNanos; left > 0; left = end - System.nanoTime()) {
      Seen next = seen.poll(left, TimeUnit.NANOSECONDS);
      if (next != null && next.replicas() == replicas && next.nanos() >= sinceNanos) {
        return Duration.ofNanos(next.nanos() - sinceNanos);
      }
      if (next != null) {
        others.add(next.replicas());
      }
    }
    throw new AssertionError("never " + replicas + " replicas, but " + others);
  }

  /** All numbers so far, each once, in the order in which they came. */
  List<Integer> numbers() {
    return numbers.stream().distinct().toList();
  }

  /** Prints what was measured; nobody fails for it. */
  static void print(String what, List<Duration> times) {
    List<Duration> sorted = new ArrayList<>(times);
    Collections.sort(sorted);
    assertThat(sorted).isNotEmpty();
    System.out.printf(
        Locale.ROOT,
        "%s: %d times, p50 %d ms, p99 %d ms, max %d ms%n",
        what,
        sorted.size(),
        at(sorted, 0.5),
        at(sorted, 0.99),
        sorted.getLast().toMillis());
  }

  private static long at(List<Duration> sorted, double quantile) {
    int index = (int) Math.ceil(quantile * sorted.size()) - 1;
    return sorted.get(Math.max(0, index)).toMillis();
  }

  @Override
  public void close() {
    watch.close();
  }
}

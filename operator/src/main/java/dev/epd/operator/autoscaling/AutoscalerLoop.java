package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.operator.kube.Events;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jboss.logging.Logger;

/**
 * One virtual thread for each autoscaled pool. The pool reconciler, which runs in the leader only,
 * hands pools in; a pool leaves by itself when it is gone or has another owner.
 */
public final class AutoscalerLoop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AutoscalerLoop.class);
  private static final long PAUSE_AFTER_FAILURE_MILLIS = 1000;

  private final ScaleWriter writer;
  private final LoadSource load;
  private final Events events;
  private final ScalingMetrics metrics;
  private final InstantSource clock;
  private final Neighbours neighbours = new Neighbours();
  private final ConcurrentMap<String, Thread> running = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** A loop without pools. */
  public AutoscalerLoop(
      KubernetesClient client,
      LoadSource load,
      Events events,
      ScalingMetrics metrics,
      InstantSource clock) {
    this.writer = new ScaleWriter(client);
    this.load = load;
    this.events = events;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Takes a pool on if it is autoscaled and not yet looked after. */
  public void ensure(EPDPool pool, PoolView view) {
    if (closed || !PoolScaler.isOurs(pool)) {
      return;
    }
    String key = pool.getMetadata().getUid();
    running.computeIfAbsent(
        key,
        uid -> {
          PoolScaler scaler =
              new PoolScaler(
                  pool.getMetadata().getNamespace(),
                  pool.getMetadata().getName(),
                  uid,
                  view,
                  load,
                  writer,
                  events,
                  metrics,
                  neighbours,
                  clock);
          return Thread.ofVirtual()
              .name(
                  "scale " + pool.getMetadata().getNamespace() + "/" + pool.getMetadata().getName())
              .start(() -> run(uid, scaler));
        });
  }

  private void run(String uid, PoolScaler scaler) {
    try {
      while (!closed) {
        try {
          scaler.run();
          return;
        } catch (RuntimeException e) {
          // One pool's fault must not end its scaling for good.
          metrics.failed();
          LOG.error("a look at a pool failed", e);
          Thread.sleep(PAUSE_AFTER_FAILURE_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running.remove(uid);
    }
  }

  /** Stops deciding; returns when every loop has ended. */
  @Override
  public void close() {
    closed = true;
    running.values().forEach(Thread::interrupt);
    for (Thread thread : running.values()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}

package dev.epd.simulator.policy;

import dev.epd.simulator.Policy;
import dev.epd.simulator.View;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.ToDoubleFunction;

/**
 * The HorizontalPodAutoscaler of Kubernetes on an external metric with an average target.
 *
 * <p>kubernetes/kubernetes pkg/controller/podautoscaler (replica_calculator.go,
 * GetExternalPerPodMetricReplicas; horizontal.go): every 15 s {@code ceil(metric / target)}, kept
 * when within 10 % of the present number; up by at most 4 pods or 100 % per 15 s, whichever is
 * more; down only to the highest recommendation of the last 300 s.
 */
public final class Hpa implements Policy {
  static final double SYNC = 15;
  private static final double TOLERANCE = 0.1;
  private static final double DOWN_WINDOW = 300;
  private static final double PERIOD = 15;

  private record Change(double at, int added) {}

  private final String name;
  private final double target;
  private final ToDoubleFunction<View> metric;
  private final double scrape;
  private final Window recommendations = new Window(DOWN_WINDOW);
  private final Deque<Change> changes = new ArrayDeque<>();
  private double scraped = Double.NaN;
  private double nextScrape;
  private double nextSync = SYNC;

  /**
   * An HPA.
   *
   * @param target metric per pod
   * @param metric the metric's total
   * @param scrape seconds between two scrapes of the metric, of which each sync sees the last; 0 =
   *     read at the sync
   */
  public Hpa(String name, double target, ToDoubleFunction<View> metric, double scrape) {
    this.name = name;
    this.target = target;
    this.metric = metric;
    this.scrape = scrape;
    // Scrapes fall in the middle between two syncs.
    this.nextScrape = scrape / 2;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int decide(View pool) {
    double now = pool.now();
    if (scrape > 0 && now >= nextScrape) {
      scraped = metric.applyAsDouble(pool);
      nextScrape += scrape;
    }
    if (now < nextSync) {
      return pool.wanted();
    }
    nextSync += SYNC;
    double value = scrape > 0 ? scraped : metric.applyAsDouble(pool);
    return Double.isNaN(value) ? pool.wanted() : sync(pool, value);
  }

  private int sync(View pool, double value) {
    int current = pool.wanted();
    if (current == 0) {
      return 0;
    }
    double ratio = value / (target * current);
    int desired = Math.abs(1 - ratio) <= TOLERANCE ? current : (int) Math.ceil(value / target);
    desired = Math.max(1, desired);
    recommendations.add(pool.now(), desired);
    int stable = desired < current ? Math.min(current, (int) recommendations.max()) : desired;
    int allowed = Math.min(stable, upLimit(current, pool.now()));
    int next = Math.clamp(allowed, Math.max(1, pool.min()), pool.max());
    if (next > current) {
      changes.addLast(new Change(pool.now(), next - current));
    }
    return next;
  }

  private int upLimit(int current, double now) {
    while (!changes.isEmpty() && changes.getFirst().at() <= now - PERIOD) {
      changes.removeFirst();
    }
    int start = current - changes.stream().mapToInt(Change::added).sum();
    return Math.max(start + 4, 2 * start);
  }
}

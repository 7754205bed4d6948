package dev.epd.operator.autoscaling;

import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.operator.autoscaling.Scrape.Page;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A percentile over the last half minute, from the buckets of a histogram that several pods count
 * since their starts. Counts are differences of one and the same pod; one that is seen for the
 * first time, or started again, gives its starting point only.
 */
final class LatencyWindow {
  private static final Duration SPAN = Duration.ofSeconds(30);

  /** A look that is older, be looks a minute apart, says nothing of the last half minute. */
  private static final Duration GAP = Duration.ofSeconds(150);

  private final String histogram;
  private final double quantile;
  private final Deque<Look> looks = new ArrayDeque<>();

  /**
   * One look.
   *
   * @param pods that were asked, of the pool that is scaled
   * @param buckets cumulative counts by upper bound, for each gateway
   */
  private record Look(Instant at, int pods, Map<String, SortedMap<Double, Double>> buckets) {}

  LatencyWindow(String histogram, int percentile) {
    this.histogram = histogram;
    this.quantile = percentile / 100.0;
  }

  boolean measures(String name, int percentile) {
    return histogram.equals(name) && quantile == percentile / 100.0;
  }

  /**
   * Takes one more look. Null when a page is missing or has no such histogram, when a gateway was
   * seen only once since its start, and when nothing was measured within the window though there is
   * something to measure: what stands still is not fast. 0 when there is nothing.
   *
   * @param pending what is on its way to be measured; null when that is not known
   */
  @Nullable Double look(Scrape scrape, @Nullable Double pending) {
    Map<String, SortedMap<Double, Double>> buckets = new HashMap<>();
    for (Page page : scrape.gateways()) {
      SortedMap<Double, Double> counts = buckets(page);
      if (counts.isEmpty()) {
        return null;
      }
      buckets.put(page.pod(), counts);
    }
    if (buckets.isEmpty()) {
      return null;
    }
    if (!looks.isEmpty() && looks.getLast().at().plus(GAP).isBefore(scrape.takenAt())) {
      looks.clear();
    }
    Instant since = scrape.takenAt().minus(SPAN);
    // The last look before the window stays: the window begins with it.
    while (looks.size() > 1 && !second().at().isAfter(since)) {
      looks.removeFirst();
    }
    looks.addLast(new Look(scrape.takenAt(), scrape.pods().size(), buckets));
    SortedMap<Double, Double> counts = counted();
    if (counts == null) {
      return null;
    }
    double total = counts.isEmpty() ? 0 : counts.getOrDefault(counts.lastKey(), 0.0);
    if (total > 0) {
      return quantile(counts, total);
    }
    return pending != null && pending <= 0 ? 0.0 : null;
  }

  /** The fewest pods that the pool had within the window; they bore what was measured. */
  int fewestPods() {
    return looks.stream().mapToInt(Look::pods).min().orElse(Integer.MAX_VALUE);
  }

  private Look second() {
    var all = looks.iterator();
    all.next();
    return all.next();
  }

  private SortedMap<Double, Double> buckets(Page page) {
    SortedMap<Double, Double> counts = new TreeMap<>();
    if (page.series() != null) {
      for (Series series : page.series()) {
        String bound = series.labels().get("le");
        if (bound != null && series.name().equals(histogram + "_bucket")) {
          double le = bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound);
          counts.merge(le, series.value(), Double::sum);
        }
      }
    }
    return counts;
  }

  /**
   * What was counted within the window, by upper bound, cumulative, over all pods; null while one
   * of them has a starting point only.
   */
  private @Nullable SortedMap<Double, Double> counted() {
    SortedMap<Double, Double> sum = new TreeMap<>();
    Look newest = looks.getLast();
    for (var pod : newest.buckets().entrySet()) {
      SortedMap<Double, Double> before = null;
      double highest = -1;
      for (Look look : looks) {
        SortedMap<Double, Double> then = look.buckets().get(pod.getKey());
        if (then != null) {
          double total = then.getOrDefault(then.lastKey(), 0.0);
          if (before == null || total < highest) {
            before = then;
          }
          highest = total;
        }
      }
      if (before == null || before == pod.getValue()) {
        return null;
      }
      for (var bucket : pod.getValue().entrySet()) {
        double earlier = before.getOrDefault(bucket.getKey(), 0.0);
        sum.merge(bucket.getKey(), Math.max(0, bucket.getValue() - earlier), Double::sum);
      }
    }
    return sum;
  }

  private double quantile(SortedMap<Double, Double> counts, double total) {
    double rank = quantile * total;
    double lower = 0;
    double below = 0;
    for (var bucket : counts.entrySet()) {
      double upper = bucket.getKey();
      double upTo = bucket.getValue();
      if (upTo >= rank) {
        // Above the last bound all that is known is that it was more than that.
        return Double.isInfinite(upper) || upTo <= below
            ? lower
            : lower + (upper - lower) * (rank - below) / (upTo - below);
      }
      lower = Double.isInfinite(upper) ? lower : upper;
      below = upTo;
    }
    return lower;
  }
}

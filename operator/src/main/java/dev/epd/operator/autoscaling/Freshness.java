package dev.epd.operator.autoscaling;

import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.operator.autoscaling.Scrape.Page;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells pages that stand still from pods that are idle: the time that a process says it has been up
 * moves in every fresh page. One where it has not moved for too long was kept by somebody on the
 * way, or is a process that hangs; it counts as no answer. Pages that do not tell the time count as
 * fresh. Used by one thread.
 */
final class Freshness {
  static final String UPTIME = "process_uptime_seconds";

  private final Map<String, Seen> seen = new HashMap<>();

  /** What a pod said last, and since when it has said just that. */
  private record Seen(double uptime, Instant since, Instant at) {}

  List<Page> look(List<Page> pages, Instant now, Duration staleAfter) {
    seen.values().removeIf(last -> last.at().plus(staleAfter.multipliedBy(10)).isBefore(now));
    return pages.stream().map(page -> look(page, now, staleAfter)).toList();
  }

  private Page look(Page page, Instant now, Duration staleAfter) {
    List<Series> series = page.series();
    if (series == null) {
      return page;
    }
    double uptime =
        series.stream()
            .filter(s -> s.name().equals(UPTIME))
            .mapToDouble(Series::value)
            .findFirst()
            .orElse(Double.NaN);
    if (Double.isNaN(uptime)) {
      return page;
    }
    Seen last = seen.get(page.pod());
    Instant since =
        last != null && last.uptime() == uptime && !now.isBefore(last.at()) ? last.since() : now;
    seen.put(page.pod(), new Seen(uptime, since, now));
    return Duration.between(since, now).compareTo(staleAfter) > 0
        ? new Page(page.pod(), null)
        : page;
  }
}

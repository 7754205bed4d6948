package dev.epd.operator.autoscaling;

import dev.epd.operator.autoscaling.PrometheusText.Series;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The metrics pages of one look.
 *
 * @param takenAt when they were read
 */
record Scrape(Instant takenAt, List<Page> gateways, List<Page> pods) {
  Scrape {
    gateways = List.copyOf(gateways);
    pods = List.copyOf(pods);
  }

  /** The same without the pages that stand still. */
  Scrape fresh(Freshness freshness, Duration staleAfter) {
    return new Scrape(
        takenAt,
        freshness.look(gateways, takenAt, staleAfter),
        freshness.look(pods, takenAt, staleAfter));
  }

  /**
   * One pod's page.
   *
   * @param series null when the pod gave none
   */
  record Page(String pod, @Nullable List<Series> series) {}
}

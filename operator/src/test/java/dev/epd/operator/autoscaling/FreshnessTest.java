package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.operator.autoscaling.Scrape.Page;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreshnessTest {
  private static final Duration STALE = Duration.ofSeconds(3);

  private final Freshness freshness = new Freshness();

  private boolean isFresh(int second, String text) {
    Page page = new Page("g", PrometheusText.parse(text));
    return freshness
            .look(List.of(page), Instant.EPOCH.plusSeconds(second), STALE)
            .getFirst()
            .series()
        != null;
  }

  @Test
  void aPageThatStandsStillIsNoAnswerAndOneThatMovesAgainIs() {
    String idle = "epd_image_queue_images 0\nprocess_uptime_seconds ";
    for (int second = 0; second < 20; second++) {
      assertThat(isFresh(second, idle + second + "\n")).as("idle is not frozen").isTrue();
    }
    for (int second = 20; second < 24; second++) {
      assertThat(isFresh(second, idle + "20.5\n")).isTrue();
    }
    for (int second = 24; second < 90; second++) {
      assertThat(isFresh(second, idle + "20.5\n")).isFalse();
    }
    assertThat(isFresh(90, idle + "0.2\n")).as("started again").isTrue();
  }

  @Test
  void aPageThatDoesNotTellTheTimeCounts() {
    for (int second = 0; second < 20; second++) {
      assertThat(isFresh(second, "epd_image_queue_images 0\n")).isTrue();
    }
  }

  @Test
  void aPodThatIsSilentForALookIsNotForgotten() {
    Page silent = new Page("g", null);
    assertThat(isFresh(0, "process_uptime_seconds 5\n")).isTrue();
    freshness.look(List.of(silent), Instant.EPOCH.plusSeconds(1), STALE);
    assertThat(isFresh(4, "process_uptime_seconds 5\n")).isFalse();
  }
}

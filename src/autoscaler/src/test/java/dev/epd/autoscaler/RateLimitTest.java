package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  /** In binary fractions 7 % of 100 is a little more than 7. */
  @Test
  void aShareIsExact() {
    for (int percent = 1; percent <= 100; percent++) {
      RateLimit limit = new RateLimit(null, percent, Duration.ofMinutes(1));
      assertThat(limit.most(100, Course.NONE, NOW)).isEqualTo(100 + percent);
      assertThat(limit.least(100, Course.NONE, NOW)).isEqualTo(100 - percent);
    }
    assertThat(new RateLimit(null, 1, Duration.ofMinutes(1)).most(101, Course.NONE, NOW))
        .as("a part of a replica is one")
        .isEqualTo(103);
  }
}

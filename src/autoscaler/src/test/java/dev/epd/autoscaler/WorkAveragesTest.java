package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkAveragesTest {
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration STARTUP = Duration.ofSeconds(30);

  private WorkAverages averages = WorkAverages.ZERO;
  private WorkHistory history = WorkHistory.EMPTY;

  private WorkAverages after(int looks, double rate) {
    for (int i = 0; i < looks; i++) {
      double look = rate * (1 + 0.2 * (i % 3 - 1));
      WorkAverages before = averages;
      history = history.with(look, 1);
      averages = before.with(look, LOOK, STARTUP).orNewLevel(history, before);
    }
    return averages;
  }

  @Test
  void theFirstLooksAreAveragedAsTheyAre() {
    assertThat(after(12, 8000).slow()).isCloseTo(8000, within(800.0));
  }

  @Test
  void lessIsBelievedBeforeTheAverageHasForgottenMore() {
    assertThat(after(300, 16_000).slow()).isCloseTo(16_000, within(500.0));
    assertThat(after(30, 6000).slow()).isLessThan(9000);
  }

  @Test
  void aNewLevelIsTheMeanOfWhatCameSince() {
    after(300, 4000);
    assertThat(after(3, 16_000).slow()).isGreaterThan(12_000);
    assertThat(after(12, 14_000).slow()).isCloseTo(14_000, within(1000.0));
  }
}

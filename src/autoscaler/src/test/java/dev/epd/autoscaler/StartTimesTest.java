package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StartTimesTest {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Duration USUAL = Duration.ofSeconds(30);
  private static final Duration SLOW = Duration.ofSeconds(300);

  @Test
  void ofNothingNothingIsKnown() {
    assertThat(StartTimes.NONE.usual()).isNull();
    assertThat(StartTimes.NONE.slow()).isNull();
    assertThat(new StartTimes(List.of(Duration.ofSeconds(-1))).usual()).isNull();
    assertThat(new StartTimes(List.of(Duration.ofMillis(Long.MAX_VALUE))).usual())
        .as("more than a clock can say")
        .isNull();
  }

  @Test
  void oneSlowStartOfMany() {
    StartTimes times = StartTimes.NONE;
    for (int i = 0; i < 10; i++) {
      times = times.with(i == 4 ? SLOW : USUAL);
    }

    assertThat(times.usual()).isEqualTo(USUAL);
    assertThat(times.slow()).isEqualTo(SLOW);

    for (int i = 0; i < 20; i++) {
      times = times.with(USUAL);
    }
    assertThat(times.slow()).as("long ago").isEqualTo(USUAL);
  }

  @Test
  void whatWasLearnedBeforeIsNotLostAndIsSoonOverruled() {
    StartTimes times = StartTimes.learned(USUAL, SLOW);
    assertThat(times.usual()).isEqualTo(USUAL);
    assertThat(times.slow()).isEqualTo(SLOW);

    Duration now = Duration.ofSeconds(60);
    times = StartTimes.learned(USUAL, null).with(now).with(now);
    assertThat(times.usual()).isEqualTo(now);
  }

  @Test
  void untilAStartWasSeenOnlyThePoolsOwnLimitCounts() {
    assertThat(Learned.NOTHING.stuckAfter(LIMIT)).isEqualTo(LIMIT);
  }

  @Test
  void aReplicaIsGivenUpOnLaterWhereSomeStartsAreSlow() {
    Learned even = new Learned(1000, USUAL, null, null);
    Learned uneven = new Learned(1000, 0, StartTimes.learned(USUAL, SLOW), null, null);

    assertThat(even.stuckAfter(LIMIT)).isEqualTo(Duration.ofSeconds(90));
    assertThat(uneven.stuckAfter(LIMIT)).isEqualTo(Duration.ofSeconds(450));
    assertThat(uneven.startupOrAssumed()).isEqualTo(USUAL);

    Learned waited =
        new Learned(1000, 0, StartTimes.learned(USUAL, Duration.ofHours(1)), null, null);
    assertThat(waited.stuckAfter(LIMIT)).as("that was no start").isEqualTo(Duration.ofSeconds(450));
  }
}

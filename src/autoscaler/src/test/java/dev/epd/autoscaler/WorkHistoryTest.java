package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class WorkHistoryTest {
  private static WorkHistory of(List<Double> perSecond) {
    WorkHistory history = WorkHistory.EMPTY;
    for (double patches : perSecond) {
      history = history.with(patches, 1);
    }
    return history;
  }

  @Test
  void ratesAreOverTheLastLooks() {
    WorkHistory history = of(List.of(100.0, 200.0, 600.0));
    assertThat(history.rateOf(0)).isEqualTo(600);
    assertThat(history.rateOf(1)).isEqualTo(200);
    assertThat(history.rate(2)).isEqualTo(400);
    assertThat(history.rate(4)).isZero();
  }

  @Test
  void oneLookAloneReachesNothing() {
    assertThat(of(List.of(900.0)).reachedTwice(4)).isZero();
    assertThat(of(List.of(100.0, 900.0, 50.0)).reachedTwice(4)).isEqualTo(100);
    assertThat(of(List.of(900.0, 100.0, 600.0, 50.0, 700.0)).reachedTwice(4)).isEqualTo(600);
  }

  @Test
  void remembersAMinute() {
    WorkHistory history = WorkHistory.EMPTY;
    for (int i = 0; i < 1000; i++) {
      history = history.with(i, 1);
    }
    assertThat(history.looks()).isEqualTo(64);
    assertThat(history.rateOf(63)).isEqualTo(936);
  }

  /** A queue served at the least rate never makes its last work wait longer than the target. */
  @Property
  void theLeastServiceJustMeetsTheTarget(
      @ForAll @Size(min = 1, max = 60) List<@DoubleRange(min = 0, max = 1000) Double> perSecond,
      @ForAll @DoubleRange(min = 0.1, max = 10) double target) {
    double least = of(perSecond).leastService(target);
    double backlog = 0;
    for (double patches : perSecond) {
      backlog = Math.max(0, backlog - least) + patches;
    }
    // All of the last second's work may still be there at its end, served over it and the target.
    assertThat(backlog).isLessThanOrEqualTo(least * (1 + target) + 1e-6);
  }

  @Test
  void aConstantRateNeedsNearlyItself() {
    double least = of(java.util.Collections.nCopies(64, 500.0)).leastService(2);
    assertThat(least).isCloseTo(500 * 64 / 66.0, within(1e-9));
  }
}

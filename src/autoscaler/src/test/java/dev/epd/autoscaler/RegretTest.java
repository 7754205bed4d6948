package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RegretTest {
  private static final double STARTUP = 30;

  private static Regret after(Regret regret, int seconds, boolean late) {
    Regret next = regret;
    for (int i = 0; i < seconds; i++) {
      next = next.with(1000, late, 1, STARTUP);
    }
    return next;
  }

  @Test
  void lateWorkAfterAGapTeachesToWaitLonger() {
    Regret regret = after(Regret.NONE.withGrowth(200), 20, true);
    assertThat(regret.holdSeconds()).isBetween(240.0, 250.0);
  }

  @Test
  void aGapThatCostNothingTeachesNothing() {
    assertThat(after(Regret.NONE.withGrowth(200), 60, false).holdSeconds()).isZero();
  }

  @Test
  void latenessLongAfterTheGrowthHasAnotherCause() {
    Regret regret = after(Regret.NONE.withGrowth(200), 31, false);
    assertThat(after(regret, 20, true).holdSeconds()).isZero();
  }

  @Test
  void oneLateLookInHoursIsTolerated() {
    Regret regret = after(Regret.NONE, 3600, false).withGrowth(200);
    assertThat(after(regret, 5, true).holdSeconds()).isZero();
  }

  @Test
  void theLessonFadesUnlessItIsUsed() {
    Regret taught = after(Regret.NONE.withGrowth(200), 5, true);
    assertThat(after(taught, 3600, false).holdSeconds()).isBetween(80.0, 100.0);
    assertThat(after(taught, 600, false).withUse(200).holdSeconds()).isEqualTo(250);
  }

  @Test
  void lateWorkCallsForCautionForAWhile() {
    Regret calm = after(Regret.NONE, 3600, false);
    assertThat(calm.caution()).isEqualTo(1);
    Regret missed = after(calm, 10, true);
    assertThat(missed.caution()).isEqualTo(2);
    assertThat(after(missed, 2 * 3600, false).caution()).isLessThan(1.05);
  }

  @Test
  void whatNoSpareCapacityCouldHaveSavedCallsForNone() {
    Regret doubled = after(Regret.NONE, 3600, false).withJump(true);
    assertThat(after(doubled, 60, true).caution()).isEqualTo(1);
    assertThat(after(after(doubled, 300, false), 60, true).caution()).isEqualTo(2);
  }
}

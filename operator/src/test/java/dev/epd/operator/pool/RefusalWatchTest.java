package dev.epd.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Reason;
import dev.epd.operator.pool.RefusalWatch.Known;
import dev.epd.planner.Problem;
import dev.epd.planner.Refusals;
import org.junit.jupiter.api.Test;

class RefusalWatchTest {
  private static final Refusals POD = some(Reason.PodsRefused, "one");
  private static final Refusals PODS = some(Reason.PodsRefused, "two");
  private static final Refusals ROLE = some(Reason.RoleRefused, "all");

  @Test
  void oneLookIsNoNews() {
    assertThat(after(POD)).isEqualTo(Refusals.UNKNOWN);
    assertThat(after(Refusals.NONE, POD)).isEqualTo(Refusals.NONE);
    assertThat(after(POD, PODS)).isEqualTo(PODS);
    assertThat(after(POD, Refusals.UNKNOWN, PODS)).isEqualTo(PODS);
  }

  @Test
  void aRoleIsNotLostForOneLookEither() {
    assertThat(after(POD, POD, ROLE)).isEqualTo(POD);
    assertThat(after(POD, POD, ROLE, POD)).isEqualTo(POD);
    assertThat(after(POD, POD, ROLE, ROLE)).isEqualTo(ROLE);
    assertThat(after(ROLE, ROLE, POD)).isEqualTo(ROLE);
  }

  @Test
  void whatWasSaidStandsUntilAllAreHeard() {
    assertThat(after(ROLE, ROLE, Refusals.UNKNOWN, Refusals.UNKNOWN)).isEqualTo(ROLE);
    assertThat(after(ROLE, ROLE, Refusals.NONE)).isEqualTo(Refusals.NONE);
  }

  /** As where one of two gateways answers every other time. */
  @Test
  void looksThatDifferSayWhatBothSay() {
    assertThat(after(ROLE, POD)).isEqualTo(POD);
    assertThat(after(Refusals.NONE, POD, ROLE)).isEqualTo(POD);
    assertThat(after(ROLE, POD, ROLE, POD)).isEqualTo(POD);
  }

  private static Refusals some(Reason reason, String message) {
    return new Refusals.Some(new Problem(reason, message), true);
  }

  private static Refusals after(Refusals... looks) {
    Known known = Known.nothing("uid", "cluster");
    for (Refusals look : looks) {
      known = known.with(look);
    }
    return known.told();
  }
}

package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.LoadSample.Blocked;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BusyCheckTest {
  private static final int ENCODERS = 10;

  /** Looks at ten encoders of which {@code busy} work at a time, by turns. */
  private static BusyCheck after(
      int looks, int busy, double clock, double oldestWait, Blocked blocked) {
    BusyCheck check = BusyCheck.NONE;
    for (int i = 0; i < looks; i++) {
      Set<String> holding = new HashSet<>();
      for (int e = 0; e < busy; e++) {
        holding.add("e" + (i + e) % ENCODERS);
      }
      LoadSample sample = sample(totals(i + 1, busy, clock), holding, oldestWait, blocked);
      check = check.with(sample, totals(1, busy, clock), 1, true);
    }
    return check;
  }

  private static Map<String, EncoderTotals> totals(int looks, int busy, double clock) {
    Map<String, EncoderTotals> totals = new HashMap<>();
    for (int e = 0; e < ENCODERS; e++) {
      double seconds = looks * busy / (double) ENCODERS;
      totals.put("e" + e, new EncoderTotals(seconds * clock, 1000 * seconds, 0));
    }
    return totals;
  }

  private static LoadSample sample(
      Map<String, EncoderTotals> encoders,
      @Nullable Set<String> holding,
      double oldestWait,
      Blocked blocked) {
    return new LoadSample(
        Instant.EPOCH,
        1,
        1,
        5,
        5000,
        5000,
        oldestWait,
        Mix.unsized(5, 5000),
        Map.of(),
        encoders,
        blocked,
        holding,
        0);
  }

  @Test
  void anHonestClockIsBelieved() {
    assertThat(after(300, 6, 1, 0.1, Blocked.NOTHING).factor()).isCloseTo(1, within(0.02));
    assertThat(after(300, 10, 1, 5, Blocked.NOTHING).factor()).isCloseTo(1, within(0.02));
  }

  @Test
  void noEncoderIsBusyForLongerThanItHoldsWork() {
    assertThat(after(300, 6, 1 / 0.7, 0.1, Blocked.NOTHING).factor())
        .isCloseTo(0.7 * 1.05, within(0.03));
  }

  @Test
  void anEncoderThatIsWaitedForIsBusyAllTheTime() {
    assertThat(after(60, 10, 1 / 1.3, 5, Blocked.NOTHING).factor()).isCloseTo(1.3, within(0.05));
  }

  @Test
  void aQueueThatComesAndGoesBetweenLooksProvesNothing() {
    assertThat(after(300, 10, 1 / 1.3, 0.5, Blocked.NOTHING).factor()).isCloseTo(1, within(0.01));
  }

  @Test
  void whatWaitsForAnotherPoolProvesNothing() {
    assertThat(after(300, 10, 1 / 1.3, 5, new Blocked(5000, 0)).factor())
        .isCloseTo(1, within(0.01));
  }

  @Test
  void encodersThatGatewaysNameDifferentlyAreBelieved() {
    BusyCheck check = BusyCheck.NONE;
    for (int i = 0; i < 300; i++) {
      LoadSample sample = sample(totals(i + 1, 10, 1), Set.of("other"), 0, Blocked.NOTHING);
      check = check.with(sample, totals(1, 10, 1), 1, true);
    }
    assertThat(check.factor()).isEqualTo(1);
  }

  @Test
  void noClockIsTakenToBeWrongByMoreThanTwofold() {
    assertThat(after(300, 1, 20, 0, Blocked.NOTHING).factor()).isEqualTo(0.5);
    assertThat(after(300, 10, 0.1, 5, Blocked.NOTHING).factor()).isEqualTo(2);
  }

  @Test
  void gatewaysThatDoNotTellChangeNothing() {
    BusyCheck check = BusyCheck.NONE;
    for (int i = 0; i < 300; i++) {
      check =
          check.with(
              sample(totals(i + 1, 10, 2), null, 5, Blocked.NOTHING), totals(1, 10, 2), 1, true);
    }
    assertThat(check.factor()).isEqualTo(1);
  }
}

package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WaitingTest {
  private static final LoadTargets NOBODY = new LoadTargets(List.of(), List.of(), List.of());

  /** Gateways at which images always wait; notes whether they were listened to. */
  private static final class Busy implements LoadSource {
    final List<Boolean> listened = new ArrayList<>();

    @Override
    public Scrape read(LoadTargets targets) {
      throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable String get(URI page) {
      return null;
    }

    @Override
    public boolean awaitNextLook(LoadTargets targets, boolean asleep, Duration atMost)
        throws InterruptedException {
      assertThat(atMost).isBetween(Duration.ofNanos(1), Duration.ofSeconds(1));
      listened.add(asleep);
      if (!asleep) {
        Thread.sleep(1);
      }
      return asleep;
    }
  }

  private final Busy gateways = new Busy();
  private final Waiting waiting = new Waiting(gateways);

  @Test
  void afterAWakeInVainComesARegularLook() throws Exception {
    for (int look = 0; look < 6; look++) {
      waiting.untilNextLook(NOBODY, true, Duration.ofNanos(1), () -> false);
    }
    assertThat(gateways.listened).containsExactly(true, false, true, false, true, false);
  }

  @Test
  void looksKeepTheirPaceHoweverLongOneTakes() {
    Duration second = Duration.ofSeconds(1);
    assertThat(Waiting.rest(second, Duration.ofMillis(80))).isEqualTo(Duration.ofMillis(920));
    assertThat(Waiting.rest(second, Duration.ofMillis(900))).isEqualTo(Duration.ofMillis(500));
    assertThat(Waiting.rest(second, Duration.ofSeconds(5))).isEqualTo(Duration.ofMillis(500));
  }

  @Test
  void aPoolThatIsAwakeIsNotWoken() throws Exception {
    waiting.untilNextLook(NOBODY, false, Duration.ofNanos(1), () -> false);
    assertThat(gateways.listened).containsExactly(false);
  }

  @Test
  void anotherPolicyEndsALongWait() throws Exception {
    waiting.untilNextLook(NOBODY, false, Duration.ofHours(1), () -> gateways.listened.size() == 3);
    assertThat(gateways.listened).hasSize(3);
  }
}

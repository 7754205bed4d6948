package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FirstLooksTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final FirstLooks looks = new FirstLooks(() -> now);

  @Test
  void whatChangedDoesNotWaitForWhatDidNot() {
    for (int i = 0; i < 1000; i++) {
      assertThat(looks.untilTurn(pool(i), 3L).orElse(Duration.ZERO))
          .isEqualTo(FirstLooks.PACE.multipliedBy(i));
    }
    assertThat(looks.untilTurn(pool(1000), 2L)).as("of the spec before").isEmpty();
    assertThat(looks.untilTurn(pool(1001), null)).as("without a status").isEmpty();
    assertThat(looks.untilTurn(pool(1000), 3L)).as("its next step").isEmpty();
    assertThat(looks.untilTurn(pool(999), 2L)).as("changed while it waits").isEmpty();
    assertThat(looks.untilTurn(pool(999), 3L)).as("and its next step").isEmpty();
  }

  @Test
  void whoeverWakesItBeforeItsTurnItKeepsItsTurn() {
    looks.untilTurn(pool(0), 3L);
    looks.untilTurn(pool(1), 3L);
    assertThat(looks.untilTurn(pool(1), 3L)).contains(FirstLooks.PACE);

    now = now.plus(FirstLooks.PACE);

    assertThat(looks.untilTurn(pool(1), 3L)).isEmpty();
    assertThat(looks.untilTurn(pool(1), 3L)).as("its second look").isEmpty();
  }

  @Test
  void whoComesLateDoesNotWait() {
    looks.untilTurn(pool(0), 3L);
    now = now.plus(FirstLooks.PACE.multipliedBy(100));

    for (int i = 1; i < 100; i++) {
      assertThat(looks.untilTurn(pool(i), 3L)).isEmpty();
    }
  }

  @Test
  void afterTheStartNobodyWaits() {
    looks.untilTurn(pool(0), 3L);
    now = now.plus(FirstLooks.PACE).plus(FirstLooks.QUIET).plusMillis(1);

    for (int i = 1; i < 10_000; i++) {
      assertThat(looks.untilTurn(pool(i), 3L)).isEmpty();
    }
  }

  private static EPDPool pool(int i) {
    EPDPool pool = new EPDPool();
    pool.setMetadata(new ObjectMetaBuilder().withUid("uid-" + i).withGeneration(3L).build());
    return pool;
  }
}

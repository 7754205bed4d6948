package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.operator.kube.OwnWrites;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnWritesTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final InstantSource clock = () -> now;
  private final OwnWrites<EPDPoolStatus, EPDPool> writes =
      new OwnWrites<>(clock, Serialization::clone);

  @Test
  void aCacheThatIsBehindIsCorrectedUntilItCatchesUp() {
    writes.written(pool("9", 0), status(2));

    EPDPool stale = pool("7", 1);
    assertThat(writes.upToDate(stale).getStatus()).isEqualTo(status(2));
    assertThat(stale.getStatus()).isEqualTo(status(1));
    // Another writer's change that came before ours is no news of ours.
    assertThat(writes.upToDate(pool("8", 1)).getStatus()).isEqualTo(status(2));

    assertThat(writes.upToDate(pool("10", 3)).getStatus()).isEqualTo(status(3));
    assertThat(writes.upToDate(pool("7", 1)).getStatus()).isEqualTo(status(1));
  }

  @Test
  void whatNobodyAsksForIsForgotten() {
    writes.written(pool("9", 0), status(2));
    now = now.plus(Duration.ofMinutes(3));
    assertThat(writes.upToDate(pool("7", 1)).getStatus()).isEqualTo(status(1));
  }

  private static EPDPool pool(String version, int replicas) {
    EPDPool pool = new EPDPool();
    pool.setMetadata(
        new ObjectMetaBuilder().withName("p").withUid("u").withResourceVersion(version).build());
    pool.setStatus(status(replicas));
    return pool;
  }

  private static EPDPoolStatus status(int replicas) {
    return new EPDPoolStatus(1L, replicas, replicas, 0, null, List.of(), null, null, List.of());
  }
}

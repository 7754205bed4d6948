package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnreadableStatusTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));
  private static final String BEFORE = "2026-03-01T09:00:00Z";

  @Test
  void aPoolKeepsWhatWasKnownAndIsNotReady() {
    EPDPool pool = new EPDPool();
    pool.setMetadata(new ObjectMetaBuilder().withName("c-prefill").withGeneration(7L).build());
    pool.setStatus(
        new EPDPoolStatus(
            6L,
            3,
            2,
            1,
            "role=prefill",
            List.of(condition("Ready"), condition("Progressing"), condition("AutoscalingActive")),
            "0a0a0a0a",
            List.of("k"),
            List.of("k"),
            null,
            null,
            List.of()));

    EPDPoolStatus status = UnreadableStatus.of(pool, "spec.role cannot be read", CLOCK);
    assertThat(status.selector()).isEqualTo("role=prefill");
    assertThat(status.observedGeneration()).isEqualTo(6);
    assertThat(status.replicas()).isEqualTo(3);
    assertThat(status.conditions())
        .extracting(Condition::type)
        .containsExactly("Ready", "Progressing");
    assertThat(status.conditions().getFirst())
        .isEqualTo(
            new Condition(
                "Ready",
                Condition.Status.False,
                7L,
                "2026-03-01T10:00:00Z",
                "SpecInvalid",
                "spec.role cannot be read"));

    pool.setStatus(status);
    assertThat(UnreadableStatus.of(pool, "spec.role cannot be read", CLOCK)).isEqualTo(status);
  }

  @Test
  void aClusterThatWasNeverSeenIsNotReady() {
    EPDCluster cluster = new EPDCluster();
    cluster.setMetadata(new ObjectMetaBuilder().withName("c").withGeneration(1L).build());
    EPDClusterStatus status = UnreadableStatus.of(cluster, "spec.model cannot be read", CLOCK);
    assertThat(status.observedGeneration()).isNull();
    assertThat(status.conditions())
        .singleElement()
        .satisfies(
            c -> {
              assertThat(c.status()).isEqualTo(Condition.Status.False);
              assertThat(c.reason()).isEqualTo("SpecInvalid");
            });
  }

  private static Condition condition(String type) {
    return new Condition(type, Condition.Status.True, 6L, BEFORE, "Fine", "");
  }
}

package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LeadershipLivenessTest {
  private final Queue<Runnable> questions = new ArrayDeque<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private Supplier<@Nullable Lease> lease = () -> renewed(now);
  private final Executor asker = task -> questions.add(task);
  private final LeadershipLiveness liveness =
      new LeadershipLiveness(() -> lease.get(), () -> now, asker);

  @Test
  void aLeaseThatNobodyTakesMeansThatTheElectionHasDied() {
    assertAlive(true);
    Instant last = now;
    lease = () -> renewed(last);

    pass(30);
    assertAlive(true);
    pass(59);
    assertAlive(true);
    pass(1);
    assertAlive(false);
  }

  @Test
  void aLeaseThatWasTakenInTimeIsNoConcern() {
    Instant last = now;
    lease = () -> renewed(last);
    pass(30);
    assertAlive(true);
    lease = () -> renewed(now);
    pass(10);
    assertAlive(true);
    Instant again = now;
    lease = () -> renewed(again);
    pass(40);
    assertAlive(true);
    pass(40);
    assertAlive(true);
  }

  @Test
  void neitherIsOneThatCannotBeRead() {
    lease =
        () -> {
          throw new KubernetesClientException("the server is away");
        };
    assertAlive(true);
    pass(600);
    assertAlive(true);
  }

  @Test
  void withoutALeaseThereIsNoElection() {
    lease = () -> null;
    assertAlive(true);
    pass(600);
    assertAlive(true);
  }

  @Test
  void aProbeDoesNotWaitForAnAnswer() {
    Instant last = now;
    lease = () -> renewed(last);
    pass(20);
    for (int i = 0; i < 100; i++) {
      assertThat(liveness.call().getStatus()).isEqualTo(Status.UP);
      pass(10);
    }
    assertThat(questions).as("one at a time").hasSize(1);
  }

  private void pass(int seconds) {
    now = now.plusSeconds(seconds);
  }

  private void assertAlive(boolean alive) {
    liveness.call();
    while (!questions.isEmpty()) {
      questions.remove().run();
    }
    assertThat(liveness.call().getStatus()).isEqualTo(alive ? Status.UP : Status.DOWN);
  }

  private static Lease renewed(Instant at) {
    return new LeaseBuilder()
        .withNewSpec()
        .withHolderIdentity("a")
        .withLeaseDurationSeconds(15)
        .withRenewTime(at.atZone(ZoneOffset.UTC))
        .endSpec()
        .build();
  }
}

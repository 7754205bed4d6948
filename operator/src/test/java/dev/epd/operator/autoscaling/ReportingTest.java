package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScaleStep;
import dev.epd.api.v1alpha1.ScalingMode;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.Limit;
import dev.epd.autoscaler.Reason;
import dev.epd.autoscaler.ScalerMemory;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportingTest {
  private final EPDPool pool =
      Serialization.unmarshal(
          """
          kind: EPDPool
          apiVersion: epd.dev/v1alpha1
          metadata: {name: p, generation: 1}
          spec: {role: encoder, replicasOwner: Autoscaler}
          """,
          EPDPool.class);
  private final Reporting reporting = new Reporting();
  private List<ScaleStep> steps = List.of();
  private int writes;

  private void decide(int from, int to, Reason reason, ScalingMode mode) {
    decide(from, to, reason, Limit.NONE, mode);
  }

  private void decide(int from, int to, Reason reason, Limit limit, ScalingMode mode) {
    Decision decision =
        new Decision(
            from,
            to,
            to,
            to,
            limit,
            null,
            "ImageQueue",
            reason,
            reason.name(),
            Map.of(),
            ScalerMemory.takeOver(Learned.NOTHING, Instant.EPOCH));
    if (reporting.isNews(decision, mode)) {
      EPDPoolStatus status = reporting.status(pool, decision, mode, Instant.EPOCH);
      reporting.written(decision, mode, status);
      steps = status.decisions();
      writes++;
    }
  }

  @Test
  void reasonsThatComeAndGoDoNotPushActionsOut() {
    decide(1, 4, Reason.ARRIVALS, ScalingMode.Auto);
    for (int i = 0; i < 20; i++) {
      for (int look = 0; look < 3; look++) {
        decide(4, 4, Reason.STEADY, ScalingMode.Auto);
      }
      for (int look = 0; look < 3; look++) {
        decide(4, 4, Reason.WAITING_TO_SHRINK, ScalingMode.Auto);
      }
    }
    assertThat(steps)
        .extracting(ScaleStep::reason)
        .containsExactly("WAITING_TO_SHRINK", "ARRIVALS");
    for (int i = 0; i < 20; i++) {
      decide(4, 3 + i, Reason.ARRIVALS, ScalingMode.Auto);
    }
    assertThat(steps).hasSize(EPDPoolStatus.DECISIONS);
  }

  @Test
  void aReasonOfOneLookIsNoNews() {
    decide(1, 1, Reason.STEADY, ScalingMode.Auto);
    for (int i = 0; i < 50; i++) {
      decide(1, 1, i % 2 == 0 ? Reason.METRICS_PARTIAL : Reason.STEADY, ScalingMode.Auto);
    }
    assertThat(writes).isEqualTo(1);
  }

  @Test
  void whatHoldsADecisionIsSaidAlsoWhenTheReasonStays() {
    decide(1, 2, Reason.ARRIVALS, ScalingMode.Auto);
    for (int i = 0; i < 50; i++) {
      decide(2, 2, Reason.ARRIVALS, Limit.MAX_REPLICAS, ScalingMode.Auto);
    }
    assertThat(writes).isEqualTo(2);
    assertThat(steps.getFirst().limitedBy()).isEqualTo("MaxReplicas");
  }

  @Test
  void aRecommendationIsWrittenWhenItChangesNotWhileItStands() {
    for (int i = 0; i < 50; i++) {
      decide(1, 5, Reason.ARRIVALS, ScalingMode.Recommend);
    }
    assertThat(writes).isEqualTo(1);
    decide(1, 6, Reason.ARRIVALS, ScalingMode.Recommend);
    assertThat(writes).isEqualTo(2);
    decide(1, 6, Reason.ARRIVALS, ScalingMode.Auto);
    assertThat(writes).as("the mode is news").isEqualTo(3);
  }

  /** It would be put back to by who finds the number changed once more. */
  @Test
  void aDecisionThatAnotherHandHasOverwrittenDoesNotOutliveAPolicyThatIsGone() {
    decide(2, 3, Reason.ARRIVALS, ScalingMode.Auto);
    ScaleDecision last = new ScaleDecision(null, 2, 3, 3, null, null, "more", Map.of(), "t");
    String since = "2026-01-01T00:00:00Z";
    Condition active =
        new Condition("AutoscalingActive", Condition.Status.True, 1L, since, "Scaling", "more");
    pool.setStatus(EPDPoolStatus.ofAutoscaler(active, last, null, steps));
    assertThat(undecided(3).lastDecision()).isEqualTo(last);
    assertThat(undecided(10).lastDecision()).isNull();
    assertThat(undecided(10).decisions()).isEqualTo(steps);
  }

  private EPDPoolStatus undecided(int replicas) {
    pool.setSpec(pool.getSpec().withReplicas(replicas));
    return Reporting.undecided(
        pool, dev.epd.api.v1alpha1.Reason.PolicyMissing, "gone", Instant.EPOCH);
  }
}

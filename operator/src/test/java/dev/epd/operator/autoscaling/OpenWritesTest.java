package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.Limit;
import dev.epd.autoscaler.Reason;
import dev.epd.autoscaler.ScalerMemory;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpenWritesTest {
  private static final String AUTOSCALER = "epd-autoscaler";
  private final OpenWrites open = new OpenWrites();

  @Test
  void ofTheNumbersTriedTheOneThatTheNextVersionShowsWasWritten() {
    open.trying(pool(7, 2, AUTOSCALER), decision(3));
    open.trying(pool(7, 2, AUTOSCALER), decision(5));
    assertThat(open.settled(pool(7, 2, AUTOSCALER))).as("not seen yet").isEmpty();
    assertThat(open.settled(pool(8, 5, AUTOSCALER))).map(Decision::to).contains(5);
    assertThat(open.settled(pool(9, 5, AUTOSCALER))).as("told once").isEmpty();
  }

  @Test
  void whatAnotherHandWroteIsNobodysDecision() {
    open.trying(pool(7, 2, AUTOSCALER), decision(3));
    assertThat(open.settled(pool(8, 3, "kubectl"))).isEmpty();
    open.trying(pool(8, 3, "kubectl"), decision(4));
    assertThat(open.settled(pool(9, 6, AUTOSCALER))).isEmpty();
  }

  @Test
  void uponAVersionThatWasWrittenNothingElseCanBe() {
    open.trying(pool(7, 2, AUTOSCALER), decision(3));
    open.written(pool(7, 2, AUTOSCALER));
    open.trying(pool(7, 2, AUTOSCALER), decision(3));
    assertThat(open.settled(pool(8, 3, AUTOSCALER))).isEmpty();
  }

  private static EPDPool pool(int version, int replicas, String holder) {
    return Serialization.unmarshal(
        """
        kind: EPDPool
        apiVersion: epd.dev/v1alpha1
        metadata:
          name: p
          resourceVersion: "%d"
          managedFields: [{manager: %s, fieldsV1: {"f:spec": {"f:replicas": {}}}}]
        spec: {role: decode, replicas: %d, replicasOwner: Autoscaler}
        """
            .formatted(version, holder, replicas),
        EPDPool.class);
  }

  private static Decision decision(int to) {
    return new Decision(
        2,
        to,
        to,
        to,
        Limit.NONE,
        null,
        "KVUtilization",
        Reason.STEADY,
        "",
        Map.of(),
        ScalerMemory.takeOver(Learned.NOTHING, Instant.EPOCH));
  }
}

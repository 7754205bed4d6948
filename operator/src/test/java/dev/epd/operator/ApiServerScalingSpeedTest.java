package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.replicas;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How soon the loop follows, at its usual pace of a look a second: printed, never judged. */
@ExtendWith(OperatorWorld.class)
class ApiServerScalingSpeedTest {
  private static final int TOKENS_PER_POD = 8192;
  private static final int BURSTS = Integer.getInteger("bursts", 6);
  private static final int EDITS = Integer.getInteger("edits", 10);

  private final Random random = new Random(7);

  @AfterEach
  void quiet() {
    metrics.language(0, FakeMetrics.KV_SLOTS);
  }

  private static void policy(String ns, int replicas) {
    EPDAutoscalingPolicy policy =
        Serialization.unmarshal(
            """
            apiVersion: epd.dev/v1alpha1
            kind: EPDAutoscalingPolicy
            metadata: {name: p}
            spec:
              schedules: [{name: edited, start: "0 0 * * *", duration: 24h, minReplicas: %1$d, maxReplicas: %1$d}]
            """
                .formatted(replicas),
            EPDAutoscalingPolicy.class);
    admin.resource(policy).inNamespace(ns).createOr(existing -> existing.update());
  }

  @Test
  void aPolicyThatIsEditedCountsAtTheNextLook() throws InterruptedException {
    String ns = namespace("edited");
    policy(ns, 1);
    apply(ns, cluster("autoscaling: {maxReplicas: 3, policyRef: {name: p}}", "replicas: 1"));
    eventually(() -> assertReady(ns));
    List<Duration> times = new ArrayList<>();
    try (ReplicaClock clock = new ReplicaClock(admin, ns, "one-encoder")) {
      for (int edit = 0; edit < EDITS; edit++) {
        Thread.sleep(random.nextInt(1000));
        int next = edit % 2 == 0 ? 3 : 1;
        long before = System.nanoTime();
        policy(ns, next);
        times.add(clock.until(next, before));
      }
    }
    ReplicaClock.print("from a policy's edit to the replicas", times);
    assertThat(replicas(ns, "encoder")).isEqualTo(EDITS % 2 == 0 ? 1 : 3);
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }

  @Test
  void everyBurstIsAnsweredInReplicas() throws InterruptedException {
    String ns = namespace("bursts");
    apply(ns, cluster("replicas: 1", "autoscaling: {maxReplicas: " + (BURSTS + 1) + "}"));
    eventually(() -> assertReady(ns));
    List<Duration> times = new ArrayList<>();
    try (ReplicaClock clock = new ReplicaClock(admin, ns, "one-prefill")) {
      for (int burst = 2; burst <= BURSTS + 1; burst++) {
        Thread.sleep(random.nextInt(1000));
        long before = System.nanoTime();
        metrics.language((double) burst * TOKENS_PER_POD, FakeMetrics.KV_SLOTS);
        times.add(clock.until(burst, before));
      }
    }
    ReplicaClock.print("from a burst to the replicas", times);
    assertThat(replicas(ns, "prefill")).isEqualTo(BURSTS + 1);
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
  }
}

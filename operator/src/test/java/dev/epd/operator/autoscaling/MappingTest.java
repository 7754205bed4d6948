package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Role;
import dev.epd.autoscaler.Bounds;
import dev.epd.autoscaler.Course;
import dev.epd.autoscaler.Pace;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.RateLimit;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MappingTest {
  /** A status is anybody's who may write it; one that can't be read counts as none. */
  @Test
  void aStepWhoseTimeIsNoneIsLeftOut() {
    Instant now = Instant.parse("2026-01-01T12:00:00Z");
    EPDPoolStatus status =
        Serialization.unmarshal(
            """
            decisions:
              - {time: yesterday, from: 1, to: 2, reason: r}
              - {time: "2026-01-01T11:59:00Z", from: 2, to: 3, reason: r}
            """,
            EPDPoolStatus.class);
    assertThat(Mapping.changes(status, 3, now))
        .containsExactly(new Course.Change(now.minusSeconds(60), 2, 3));
  }

  private static final Instant NOW = Instant.parse("2026-01-01T00:01:00Z");

  @Test
  void aPolicyWithoutFieldsHasTheScalersDefaults() {
    assertThat(Mapping.settings(EPDAutoscalingPolicySpec.DEFAULT))
        .isEqualTo(PolicySettings.DEFAULT);
  }

  @Test
  void podsAreCountedByWhereTheyStand() {
    EPDPool pool =
        Serialization.unmarshal(
            """
            kind: EPDPool
            apiVersion: epd.dev/v1alpha1
            spec:
              {role: encoder, replicas: 3, replicasOwner: Autoscaler, autoscaling: {minReplicas: 0, maxReplicas: 4}}
            """,
            EPDPool.class);
    Bounds bounds = Mapping.bounds(new Autoscaling(0, 4, null), Role.ENCODER, List.of(), NOW);
    List<Pod> pods =
        List.of(
            pod("ready", "Running", true, false),
            pod("starting", "Pending", false, false),
            pod("draining", "Running", true, true),
            pod("failed", "Failed", false, false),
            pod("ended", "Succeeded", false, true));
    var state = Mapping.state(pool, bounds, pods, NOW);
    assertThat(state.wanted()).isEqualTo(3);
    assertThat(state.min()).isZero();
    assertThat(state.max()).isEqualTo(4);
    assertThat(state.count(Phase.READY)).isEqualTo(1);
    assertThat(state.count(Phase.STARTING)).isEqualTo(1);
    assertThat(state.count(Phase.DRAINING)).isEqualTo(1);
    assertThat(state.count(Phase.FAILED)).isEqualTo(1);
    assertThat(state.replicas()).allMatch(r -> r.age().equals(Duration.ofMinutes(1)));
    assertThat(Mapping.ready(pods)).containsExactly(new LoadTargets.Endpoint("ready", "127.0.0.9"));
    assertThat(Mapping.leaving(pods))
        .containsExactly(new LoadTargets.Endpoint("draining", "127.0.0.9"));
  }

  @Test
  void everyFieldOfAPolicyArrives() {
    EPDAutoscalingPolicySpec spec =
        policy(
            """
            mode: Recommend
            warmSpares: 2
            behavior:
              scaleUp: {maxPods: 4, maxPercent: 100, period: 15s, stabilizationWindow: 3s}
              scaleDown: {idleTime: 5m, maxPods: 1}
            whenMetricsMissing: Fallback
            fallback: {replicas: 3, after: 2m}
            """);
    assertThat(Mapping.settings(spec))
        .isEqualTo(
            new PolicySettings(
                PolicySettings.Mode.RECOMMEND,
                Duration.ofMillis(500),
                Duration.ofMinutes(5),
                Duration.ofSeconds(1),
                2,
                new Pace(
                    new RateLimit(4, 100, Duration.ofSeconds(15)),
                    new RateLimit(1, null, Duration.ofMinutes(1)),
                    Duration.ofSeconds(3)),
                new PolicySettings.Fallback(3, Duration.ofMinutes(2))));
  }

  @Test
  void onlyEncodersSleep() {
    Autoscaling own = new Autoscaling(0, 4, null);
    assertThat(Mapping.bounds(own, Role.ENCODER, List.of(), NOW).min()).isZero();
    assertThat(Mapping.bounds(own, Role.DECODE, List.of(), NOW).min()).isEqualTo(1);
  }

  @Test
  void aScheduleThatCannotBeReadIsNamed() {
    assertThatThrownBy(
            () ->
                Mapping.schedules(
                    policy(
                        """
                        schedules:
                          - {name: night, start: 0 22 * * FRI-MON, duration: 8h, maxReplicas: 1}
                        """)))
        .hasMessageStartingWith("schedule night: day of week 'FRI-MON': a range must rise");
    assertThatThrownBy(
            () ->
                Mapping.schedules(
                    policy(
                        """
                        schedules:
                          - {name: night, start: 0 22 * * *, duration: 8h, maxReplicas: 1, timeZone: Mars/Base}
                        """)))
        .hasMessageContaining("schedule night: ")
        .hasMessageContaining("Mars/Base");
  }

  private static EPDAutoscalingPolicySpec policy(String yaml) {
    return Serialization.unmarshal(yaml, EPDAutoscalingPolicySpec.class);
  }

  @Test
  void constantsBecomeNames() {
    assertThat(Mapping.camelCase("MAX_REPLICAS")).isEqualTo("MaxReplicas");
  }

  @Test
  void aPodThatWasReadyAndIsNotCountsFromThenOn() {
    Pod first = unready("2026-01-01T00:00:03Z");
    Pod again = unready("2026-01-01T00:00:50Z");
    var state = Mapping.state(pool(null), new Bounds(0, 4, null, null), List.of(first, again), NOW);

    assertThat(state.replicas())
        .extracting(r -> r.phase(), r -> r.age().toSeconds(), r -> r.returns())
        .containsExactly(tuple(Phase.STARTING, 60L, false), tuple(Phase.STARTING, 10L, true));
    assertThat(state.startLimit()).isEqualTo(Duration.ofMinutes(10));
  }

  private static Pod unready(String since) {
    return new PodBuilder(pod("p", "Running", false, false))
        .editStatus()
        .withStartTime("2026-01-01T00:00:02Z")
        .withConditions(
            new PodConditionBuilder()
                .withType("Ready")
                .withStatus("False")
                .withLastTransitionTime(since)
                .build())
        .endStatus()
        .build();
  }

  @Test
  void onlyPodsThatAReadyGatewayMaySendToCount() {
    Pod old = keyed("old", true);
    Pod fresh = keyed("new", true);
    List<Pod> both = List.of(old, fresh);
    assertThat(Mapping.within(both, List.of(old, keyed("new", false)))).containsExactly(old);
    assertThat(Mapping.within(both, both)).isEqualTo(both);
    assertThat(Mapping.within(both, List.of())).as("nobody serves yet").isEqualTo(both);
  }

  private static Pod keyed(String key, boolean ready) {
    return new PodBuilder(pod(key, "Running", ready, false))
        .editMetadata()
        .addToLabels("epd.dev/compatibility-key", key)
        .endMetadata()
        .build();
  }

  @Test
  void whatWasDoneBeforeCountsForRateLimits() {
    EPDPool pool =
        pool(
            """
            decisions:
            - {time: "2026-01-01T00:00:50Z", from: 5, to: 5, reason: waits}
            - {time: "2026-01-01T00:00:40Z", from: 4, to: 5, reason: more}
            - {time: "2026-01-01T00:00:35Z", mode: Recommend, from: 4, to: 9, reason: advice}
            - {time: "2026-01-01T00:00:30Z", from: 2, to: 4, reason: more}
            - {time: "2025-12-31T23:00:00Z", from: 1, to: 2, reason: long ago}
            """);
    assertThat(Mapping.changes(pool.getStatus(), 5, NOW))
        .containsExactly(
            new Course.Change(Instant.parse("2026-01-01T00:00:30Z"), 2, 4),
            new Course.Change(Instant.parse("2026-01-01T00:00:40Z"), 4, 5));
    assertThat(Mapping.changes(null, 5, NOW)).isEmpty();
    assertThat(Mapping.changes(pool.getStatus(), 10, NOW))
        .as("another hand has set the number since")
        .isEmpty();
    assertThat(Mapping.changes(pool.getStatus(), 5, NOW.minusSeconds(25)))
        .as("of a time that is still to come")
        .isEmpty();
  }

  private static EPDPool pool(@Nullable String status) {
    return Serialization.unmarshal(
        """
        kind: EPDPool
        apiVersion: epd.dev/v1alpha1
        spec: {role: encoder, replicas: 3}
        """
            + (status == null ? "" : "status:\n" + status.indent(2)),
        EPDPool.class);
  }

  private static Pod pod(String name, String phase, boolean ready, boolean deleted) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withCreationTimestamp("2026-01-01T00:00:00Z")
        .withDeletionTimestamp(deleted ? "2026-01-01T00:00:30Z" : null)
        .endMetadata()
        .withNewStatus()
        .withPhase(phase)
        .withPodIP("127.0.0.9")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "False")
        .endCondition()
        .endStatus()
        .build();
  }
}

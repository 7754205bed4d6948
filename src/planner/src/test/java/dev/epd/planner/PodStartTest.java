package dev.epd.planner;

import static dev.epd.planner.StatusFixtures.NOON;
import static dev.epd.planner.StatusFixtures.deployment;
import static dev.epd.planner.StatusFixtures.poolStatus;
import static dev.epd.planner.StatusFixtures.ready;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of pods that take their time to start. */
class PodStartTest {
  private static final String NOT_MOUNTED =
      """
      kind: Pod
      metadata: {name: p, labels: {epd.dev/compatibility-key: none}}
      status:
        phase: Pending
        conditions:
        - {type: PodReadyToStartContainers, status: "False", lastTransitionTime: "2026-01-01T12:00:00Z"}
        - {type: PodScheduled, status: "True", lastTransitionTime: "2026-01-01T12:00:00Z"}
        - {type: Ready, status: "False", lastTransitionTime: "2026-01-01T12:00:00Z"}
        containerStatuses: [{name: main, state: {waiting: {reason: ContainerCreating}}}]
      """;

  @Test
  void volumesThatDoNotComeAreNamed() {
    EPDPool gateway =
        pool(
            Role.GATEWAY,
            "gateway: {apiKeysSecretRef: {name: keys}, template: {spec: {volumes: ["
                + "{name: a, configMap: {name: settings}},"
                + "{name: b, configMap: {name: perhaps, optional: true}},"
                + "{name: c, projected: {sources: [{secret: {name: cert}},"
                + " {downwardAPI: {items: []}}]}}]}}}");
    Condition soon = said(gateway, NOON.plusSeconds(59), NOT_MOUNTED);
    assertThat(soon.reason()).isEqualTo("PodsStarting");

    Condition late = said(gateway, NOON.plusSeconds(60), NOT_MOUNTED);
    assertThat(late.reason()).isEqualTo("ContainerConfigInvalid");
    assertThat(late.message())
        .isEqualTo(
            "0 of 1 pods ready; pod p: its volumes are not mounted, one of these may be missing:"
                + " ConfigMap settings, PersistentVolumeClaim models, Secret c-signing-key, Secret"
                + " cert, Secret keys; kubectl describe pod says why. Create or correct what the"
                + " message names.");
  }

  /** Nothing happens to such a pod that would make anybody look. */
  @Test
  void aPodWithoutItsVolumesIsLookedAtAgain() {
    EPDPool pool = pool(Role.PREFILL, "prefill: {}");
    Pod pod = Serialization.unmarshal(NOT_MOUNTED, Pod.class);
    assertThat(NextLook.after(seen(pool, NOON.plusSeconds(10), pod)))
        .contains(Duration.ofSeconds(50));
    assertThat(NextLook.after(seen(pool, NOON.plusSeconds(60), pod))).isEmpty();

    String mounted =
        NOT_MOUNTED.replace(
            "PodReadyToStartContainers, status: \"False\"",
            "PodReadyToStartContainers, status: \"True\"");
    assertThat(
            NextLook.after(
                seen(pool, NOON.plusSeconds(10), Serialization.unmarshal(mounted, Pod.class))))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          phase: Pending | phase: Failed
          name: p, | name: p, deletionTimestamp: "2026-01-01T12:00:30Z",
          PodReadyToStartContainers, status: "False" | PodReadyToStartContainers, status: "True"
          """)
  void onlyPodsThatStartAreWaitedFor(String before, String after) {
    assertThat(NOT_MOUNTED).contains(before);
    Condition said =
        said(
            pool(Role.PREFILL, "prefill: {}"),
            NOON.plusSeconds(80),
            NOT_MOUNTED.replace(before, after));
    assertThat(said.reason()).isEqualTo("PodsStarting");
  }

  /** The startup probe of a pool with a minute to start has had its container killed. */
  @ParameterizedTest
  @CsvSource({
    "143, 60, 'state: {running: {}}', StartupTimeout",
    "137, 75, 'state: {running: {}}', StartupTimeout",
    "143, 57, 'state: {running: {}}', StartupTimeout",
    "143, 60, 'state: {waiting: {reason: CrashLoopBackOff}}', StartupTimeout",
    "143, 40, 'state: {running: {}}', PodsStarting",
    "143, 40, 'state: {waiting: {reason: CrashLoopBackOff}}', CrashLooping",
    "1, 60, 'state: {waiting: {reason: CrashLoopBackOff}}', CrashLooping",
  })
  void aContainerThatWasKilledForStartingTooLongSaysSo(
      int exitCode, int seconds, String state, String reason) {
    EPDPool pool = pool(Role.PREFILL, "prefill: {startup: {timeout: 1m}}");
    Condition said = said(pool, NOON.plusSeconds(300), restarted(exitCode, seconds, state, NOON));
    assertThat(said.reason()).isEqualTo(reason);
    if (reason.equals("StartupTimeout")) {
      assertThat(said.message())
          .isEqualTo(
              "0 of 1 pods ready; pod p: its container was not ready within startup.timeout of 60s"
                  + " and was started again. Read its log; raise startup.timeout if the model is"
                  + " large and its volume slow.");
    }
  }

  @Test
  void aContainerThatWasReadyOnceWasNotSlowToStart() {
    EPDPool pool = pool(Role.PREFILL, "prefill: {startup: {timeout: 1m}}");
    String hung = restarted(137, 3600, "state: {running: {}}", NOON.plusSeconds(3500));
    assertThat(said(pool, NOON.plusSeconds(3700), hung).reason()).isEqualTo("PodsStarting");
    String tooLarge =
        restarted(137, 60, "state: {running: {}}", NOON)
            .replace("reason: Error", "reason: OOMKilled");
    assertThat(said(pool, NOON.plusSeconds(300), tooLarge).reason()).isEqualTo("PodsStarting");
  }

  private static String restarted(int exitCode, int seconds, String state, Instant notReadySince) {
    Instant start = NOON.plusSeconds(5);
    return """
    kind: Pod
    metadata: {name: p}
    status:
      phase: Running
      conditions: [{type: Ready, status: "False", lastTransitionTime: "%s"}]
      containerStatuses:
      - name: main
        started: false
        ready: false
        restartCount: 1
        %s
        lastState: {terminated: {exitCode: %d, reason: Error, startedAt: "%s", finishedAt: "%s"}}
    """
        .formatted(notReadySince, state, exitCode, start, start.plusSeconds(seconds));
  }

  private static Condition said(EPDPool pool, Instant now, String pod) {
    Deployment live = deployment(1, 0);
    live.getSpec().setTemplate(Fixtures.deployment(pool).getSpec().getTemplate());
    return ready(poolStatus(pool, live, now, Serialization.unmarshal(pod, Pod.class)));
  }

  private static PoolObservation seen(EPDPool pool, Instant now, Pod pod) {
    return new PoolObservation(
        pool, List.of(), List.of(pod), Optional.empty(), List.of(), List.of(), List.of(), now);
  }

  private static EPDPool pool(Role role, String spec) {
    String[] lines =
        role == Role.PREFILL ? new String[] {spec} : new String[] {spec, "prefill: {}"};
    return Fixtures.existing(
        Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(Fixtures.cluster(lines))), role).desired(),
        1,
        Set.of());
  }
}

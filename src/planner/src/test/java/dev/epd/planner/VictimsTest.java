package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VictimsTest {
  @Test
  void thePodsWithTheLeastHeldWorkAreMarked() {
    PoolObservation seen = seen(4, 2, true, pod("a"), pod("b"), pod("c"), pod("d"));
    assertThat(Victims.candidates(seen, plan(seen))).hasSize(4);
    Victims.Marks marks =
        marks(seen, Map.of("a", work(9, 0), "b", work(0, 2), "c", work(0, 1), "d", work(7, 0)));
    assertThat(names(marks.add())).containsExactly("c", "b");
    assertThat(marks.remove()).isEmpty();
  }

  @Test
  void slowPodsGoBeforeThoseWithLessWork() {
    PoolObservation seen = seen(4, 2, true, pod("a"), pod("b"), pod("c"), pod("d"));
    Map<String, HeldWork> held =
        Map.of(
            "a",
            new HeldWork(1, 50, 3),
            "b",
            work(0, 0),
            "c",
            new HeldWork(4, 90, 3),
            "d",
            work(7, 0));
    assertThat(names(marks(seen, held).add())).containsExactly("c", "a");
  }

  @Test
  void podsThatAreNotReadyGoFirstByThemselves() {
    Pod starting = new PodBuilder(pod("s")).withStatus(null).build();
    PoolObservation one = seen(4, 3, true, pod("a"), pod("b"), pod("c"), starting);
    assertThat(Victims.candidates(one, plan(one))).as("the starting one goes").isEmpty();

    PoolObservation two = seen(4, 2, true, pod("a"), pod("b"), pod("c"), starting);
    Map<String, HeldWork> held = Map.of("a", work(1, 0), "b", work(2, 0), "c", work(3, 0));
    assertThat(names(marks(two, held).add())).containsExactly("a");
  }

  @Test
  void nothingIsWrittenWhereThereIsNothingToChoose() {
    PoolObservation all = seen(2, 0, true, pod("a"), pod("b"));
    assertThat(Victims.candidates(all, plan(all))).isEmpty();
    PoolObservation up = seen(2, 3, true, pod("a"), pod("b"));
    assertThat(Victims.candidates(up, plan(up))).isEmpty();
    PoolObservation rolling = seen(2, 1, false, pod("a"), pod("b"));
    assertThat(Victims.candidates(rolling, plan(rolling))).isEmpty();
    for (PoolObservation seen : List.of(all, up, rolling)) {
      assertThat(marks(seen, Map.of())).isEqualTo(Victims.Marks.NONE);
    }
    // Nobody says what it holds: no ground for a choice.
    PoolObservation silent = seen(2, 1, true, pod("a"), pod("b"));
    assertThat(marks(silent, Map.of())).isEqualTo(Victims.Marks.NONE);
  }

  @Test
  void whoDoesNotSayWhatItHoldsStays() {
    PoolObservation seen = seen(3, 1, true, pod("a"), pod("b"), pod("c"));
    assertThat(names(marks(seen, Map.of("b", work(5, 5))).add())).containsExactly("b");
  }

  @Test
  void marksStayUntilTheirPodsAreGoneAndGoWhenTheScaleDownIsCancelled() {
    PoolObservation lowered = seen(2, 2, true, pod("a"), pod("b"), marked("c"));
    assertThat(marks(lowered, Map.of())).isEqualTo(Victims.Marks.NONE);

    PoolObservation cancelled = seen(2, 3, true, pod("a"), pod("b"), marked("c"));
    assertThat(names(marks(cancelled, Map.of()).remove())).containsExactly("c");

    // Marked, and then the operator died before it lowered the number; now another is idle.
    PoolObservation again = seen(3, 2, true, pod("a"), pod("b"), marked("c"));
    Victims.Marks moved = marks(again, Map.of("a", work(0, 0), "b", work(9, 0), "c", work(9, 0)));
    assertThat(names(moved.add())).containsExactly("a");
    assertThat(names(moved.remove())).containsExactly("c");
    Victims.Marks kept = marks(again, Map.of("a", work(0, 0), "b", work(0, 0), "c", work(0, 0)));
    assertThat(kept).isEqualTo(Victims.Marks.NONE);
  }

  /** The Deployment got its number a moment ago, and its controller has not looked yet. */
  @Test
  void asLongAsThePodsAreOfOneTemplateASecondReductionIsAChoiceToo() {
    PoolObservation seen = notYetSeen(4, 3, pod("a"), pod("b"), pod("c"), pod("d"), marked("e"));
    Map<String, HeldWork> held =
        Map.of("a", work(1, 0), "b", work(2, 0), "c", work(3, 0), "d", work(9, 0), "e", work(0, 0));
    assertThat(marks(seen, held)).isEqualTo(new Victims.Marks(List.of(pod("a")), List.of()));

    Pod old =
        new PodBuilder(pod("a"))
            .editMetadata()
            .removeFromLabels(Labels.REVISION)
            .endMetadata()
            .build();
    PoolObservation rolling = notYetSeen(4, 3, old, pod("b"), pod("c"), pod("d"), pod("e"));
    assertThat(Victims.candidates(rolling, plan(rolling))).isEmpty();
  }

  private static PoolObservation notYetSeen(int from, int to, Pod... pods) {
    PoolObservation seen = seen(from, to, true, pods);
    Deployment live =
        new DeploymentBuilder(seen.deployments().getFirst())
            .editMetadata()
            .withGeneration(2L)
            .endMetadata()
            .editStatus()
            .withObservedGeneration(1L)
            .endStatus()
            .build();
    return new PoolObservation(
        seen.pool(), List.of(live), List.of(pods), Optional.empty(), List.of());
  }

  @Test
  void podsOfAnOldSetAreNoneOfTheDeploymentsThatShrinks() {
    Pod old =
        new PodBuilder(pod("o"))
            .editMetadata()
            .addToLabels(Labels.COMPATIBILITY_KEY, "00000000")
            .endMetadata()
            .build();
    PoolObservation seen = seen(2, 1, true, pod("a"), pod("b"), old);
    assertThat(names(Victims.candidates(seen, plan(seen)))).containsExactly("a", "b");
  }

  /** Its Deployment gets no new number any more: a scale-down that was not begun never will be. */
  @Test
  void marksOfAnOldSetGoWhereNoneOfItsPodsDoes() {
    Pod marked = ofOldSet(marked("o"));
    assertThat(names(marks(withOldSet(2, marked, ofOldSet(pod("p"))), Map.of()).remove()))
        .containsExactly("o");
    assertThat(marks(withOldSet(1, marked, ofOldSet(pod("p"))), Map.of()))
        .as("one of them is about to go")
        .isEqualTo(Victims.Marks.NONE);
  }

  private static Pod ofOldSet(Pod pod) {
    return new PodBuilder(pod)
        .editMetadata()
        .addToLabels(Labels.COMPATIBILITY_KEY, "00000000")
        .endMetadata()
        .build();
  }

  private static PoolObservation withOldSet(int number, Pod... pods) {
    PoolObservation current = seen(1, 1, true, pod("a"));
    Deployment old =
        new DeploymentBuilder(current.deployments().getFirst())
            .editMetadata()
            .withName("c-encoder-00000000")
            .addToLabels(Labels.COMPATIBILITY_KEY, "00000000")
            .endMetadata()
            .editSpec()
            .withReplicas(number)
            .endSpec()
            .build();
    List<Pod> all = new ArrayList<>(List.of(pods));
    all.addAll(current.pods());
    return new PoolObservation(
        current.pool(),
        List.of(current.deployments().getFirst(), old),
        all,
        Optional.empty(),
        List.of());
  }

  static IntStream seeds() {
    return IntStream.range(0, 100);
  }

  /** Survivors never hold less than those that go, and a second look changes nothing. */
  @ParameterizedTest
  @MethodSource("seeds")
  void survivorsHoldMost(int seed) {
    Random random = new Random(seed);
    int n = 2 + random.nextInt(8);
    int to = 1 + random.nextInt(n - 1);
    List<Pod> pods = new ArrayList<>();
    Map<String, HeldWork> held = new HashMap<>();
    for (int i = 0; i < n; i++) {
      String name = "p" + i;
      pods.add(random.nextInt(4) == 0 ? marked(name) : pod(name));
      held.put(name, work(random.nextInt(4), random.nextInt(3)));
    }
    PoolObservation seen = seen(n, to, true, pods.toArray(Pod[]::new));
    Victims.Marks marks = marks(seen, held);

    List<Pod> after = pods.stream().map(p -> rewritten(p, marks)).toList();
    List<String> going =
        after.stream().filter(VictimsTest::isMarked).map(VictimsTest::name).toList();
    assertThat(going).hasSize(n - to);
    HeldWork most = going.stream().map(held::get).max(Comparator.naturalOrder()).orElseThrow();
    after.stream()
        .filter(p -> !isMarked(p))
        .forEach(p -> assertThat(held.get(name(p))).isGreaterThanOrEqualTo(most));
    assertThat(marks(seen(n, to, true, after.toArray(Pod[]::new)), held))
        .isEqualTo(Victims.Marks.NONE);
  }

  @Test
  void aKillAtTheEndOfTheGraceIsTold() {
    String killed = ended("exitCode: 137, reason: Error");
    assertThat(told(killed, true))
        .hasValueSatisfying(
            notice ->
                assertThat(notice.message())
                    .contains("pod p ", "its grace period was over")
                    .contains("Raise spec.encoder.drain.timeout of EPDCluster c, now 120s"));
    assertThat(told(killed, false)).as("it was not told to stop").isEmpty();
    assertThat(told(ended("exitCode: 137, reason: OOMKilled"), true)).isEmpty();
    assertThat(told(ended("exitCode: 143"), true)).isEmpty();
    assertThat(told(ended("exitCode: 0"), true)).isEmpty();
    assertThat(told(ended("exitCode: 1"), true)).isEmpty();
    assertThat(told("state: {running: {}}", true)).isEmpty();
  }

  /** Evicted or rejected by its kubelet, and cleaned up later; one that never ran has no times. */
  @Test
  void aPodThatHadFailedBeforeItWasToldToStopHadNoDrain() {
    String before = "exitCode: 137, reason: Error, finishedAt: \"2025-12-31T23:57:00Z\"";
    assertThat(told("state: {terminated: {" + before + "}}", true)).isEmpty();
    String never = "exitCode: 137, reason: ContainerStatusUnknown";
    assertThat(told("state: {terminated: {" + never + "}}", true)).isEmpty();
  }

  private static String ended(String how) {
    return "state: {terminated: {" + how + ", finishedAt: \"2026-01-01T00:00:00Z\"}}";
  }

  /** The program ends by itself before its grace period is over, so nobody kills it. */
  @Test
  void workThatIsLeftWhenTheTimeToDrainIsOverIsTold() {
    String left = ended("exitCode: 4, reason: Error");
    assertThat(told(left, true))
        .hasValueSatisfying(
            notice -> {
              assertThat(notice.reason()).isEqualTo(Reason.DrainCutShort);
              assertThat(notice.message())
                  .isEqualTo(
                      "pod p ended with work unfinished: the time that it has to drain was over."
                          + " Raise spec.encoder.drain.timeout of EPDCluster c, now 120s");
            });
    assertThat(told(left, false)).as("it was not told to stop").isEmpty();
    assertThat(Drains.cutShort(pod(left, true), null).orElseThrow().message())
        .isEqualTo(
            "pod p ended with work unfinished: the time that it has to drain was over."
                + " Its pool was deleted; a cluster that is emptied by spec.suspend first loses"
                + " nothing");
  }

  private static Optional<Notice> told(String container, boolean deleted) {
    return Drains.cutShort(pod(container, deleted), pool(1));
  }

  private static Pod pod(String container, boolean deleted) {
    return Serialization.unmarshal(
        """
        kind: Pod
        metadata: {name: p%s}
        status: {containerStatuses: [{name: main, %s}]}
        """
            .formatted(
                deleted
                    ? ", deletionTimestamp: \"2026-01-01T00:00:00Z\", deletionGracePeriodSeconds: 135"
                    : "",
                container),
        Pod.class);
  }

  private static Victims.Marks marks(PoolObservation seen, Map<String, HeldWork> work) {
    return Victims.marks(seen, plan(seen), work);
  }

  private static PoolPlan plan(PoolObservation seen) {
    return PoolPlanner.plan(seen);
  }

  /** A pool that wants {@code to} pods, its Deployment that has {@code from}. */
  private static PoolObservation seen(int from, int to, boolean rolled, Pod... pods) {
    EPDPool pool = pool(to);
    Deployment live =
        new DeploymentBuilder(Fixtures.deployment(pool))
            .editMetadata()
            .withOwnerReferences(Owners.controller(pool))
            .endMetadata()
            .editSpec()
            .withReplicas(from)
            .endSpec()
            .withNewStatus()
            .withReplicas(from)
            .withUpdatedReplicas(from)
            .addNewCondition()
            .withType("Progressing")
            .withReason(rolled ? "NewReplicaSetAvailable" : "ReplicaSetUpdated")
            .endCondition()
            .endStatus()
            .build();
    return new PoolObservation(pool, List.of(live), List.of(pods), Optional.empty(), List.of());
  }

  private static EPDPool pool(int replicas) {
    return Fixtures.existing(
        Fixtures.pool(
                ClusterPlanner.plan(
                    Fixtures.seen(Fixtures.cluster("prefill: {replicas: 1}", "encoder: {}"))),
                Role.ENCODER)
            .desired(),
        replicas,
        Set.of());
  }

  private static Pod pod(String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withCreationTimestamp("2026-01-01T00:00:00Z")
        .addToLabels(Labels.COMPATIBILITY_KEY, CompatibilityKey.of(pool(1).getSpec()))
        .addToLabels(Labels.REVISION, Revisions.of(Fixtures.deployment(pool(1))))
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod marked(String name) {
    return new PodBuilder(pod(name))
        .editMetadata()
        .addToAnnotations(Victims.NO_NEW_WORK, "scale-down")
        .endMetadata()
        .build();
  }

  private static Pod rewritten(Pod pod, Victims.Marks marks) {
    if (marks.add().contains(pod)) {
      return marked(name(pod));
    }
    return marks.remove().contains(pod) ? pod(name(pod)) : pod;
  }

  private static boolean isMarked(Pod pod) {
    return pod.getMetadata().getAnnotations().containsKey(Victims.NO_NEW_WORK);
  }

  private static HeldWork work(double patches, double calls) {
    return new HeldWork(0, patches, calls);
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }

  private static List<String> names(List<Pod> pods) {
    return pods.stream().map(VictimsTest::name).toList();
  }
}

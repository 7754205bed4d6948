package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.assertSettled;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.events;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.finalizers;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.node;
import static dev.epd.operator.OperatorWorld.operator;
import static dev.epd.operator.OperatorWorld.pods;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.planner.Victims;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pods a smaller pool loses, and what is told of those that were cut short. */
@ExtendWith(OperatorWorld.class)
class ApiServerScaleDownTest {
  private static final String ELSEWHERE = "127.83.0.7";

  @AfterEach
  void nothingHeld() {
    metrics.held(Map.of());
    node.placeAsEver();
  }

  @Test
  void theDeploymentPicksThePodsThatHoldLeast() {
    String ns = namespace("victims");
    apply(ns, cluster("resources: {}", "replicas: 1"));
    eventually(() -> assertReady(ns));
    kube.kubectl("scale", "epool/one-encoder", "--replicas=5", "-n", ns).orThrow();
    eventually(() -> assertThat(encoders(ns)).hasSize(5));
    eventually(() -> assertSettled(ns));
    List<Pod> pods = encoders(ns);
    // Not the order of names or ages, by which Kubernetes might have picked the same.
    Map<String, Long> held = new HashMap<>();
    List<Long> work = List.of(300L, 0L, 900L, 100L, 500L);
    for (int i = 0; i < 5; i++) {
      held.put(pods.get(i).getMetadata().getName(), work.get(i));
    }
    metrics.held(held);

    Map<String, Map<String, String>> marks = new ConcurrentHashMap<>();
    try (var watch = admin.pods().inNamespace(ns).watch(annotations(marks))) {
      kube.kubectl("scale", "epool/one-encoder", "--replicas=2", "-n", ns).orThrow();
      eventually(() -> assertThat(names(encoders(ns))).isEqualTo(names(pods, 2, 4)));
      eventually(() -> assertThat(marks).hasSize(3));
      assertThat(watch).isNotNull();
    }
    assertThat(marks.keySet()).isEqualTo(names(pods, 0, 1, 3));
    assertThat(marks.values())
        .allSatisfy(
            m ->
                assertThat(m)
                    .containsKey(Victims.NO_NEW_WORK)
                    .containsEntry(Victims.DELETION_COST, Victims.COST));
    assertThat(encoders(ns)).noneMatch(ApiServerScaleDownTest::isMarked);
    eventually(() -> assertReady(ns));
  }

  /** Kubernetes would take the younger of the two, which is the one that serves. */
  @ParameterizedTest
  @ValueSource(strings = {"prefill", "decode"})
  void theLanguagePodThatServesStays(String role) throws Exception {
    String ns = namespace("serves-" + role);
    apply(
        ns,
        cluster("replicas: 1", "resources: {}")
            .replace("decode: {replicas: 1}", "decode: {resources: {}}"));
    eventually(() -> assertReady(ns));
    Pod idle = only(ns, role);
    node.place("one", ELSEWHERE);
    try (FakeMetrics busy = new FakeMetrics(ELSEWHERE, metrics.port())) {
      busy.running(3);
      kube.kubectl("scale", "epool/one-" + role, "--replicas=2", "-n", ns).orThrow();
      eventually(() -> assertThat(pods(ns, role)).isEqualTo(2));
      eventually(() -> assertSettled(ns));

      kube.kubectl("scale", "epool/one-" + role, "--replicas=1", "-n", ns).orThrow();
      eventually(() -> assertThat(pods(ns, role)).isEqualTo(1));
      assertThat(only(ns, role).getMetadata().getUid()).isNotEqualTo(idle.getMetadata().getUid());
    }
  }

  private static Pod only(String ns, String role) {
    List<Pod> pods = admin.pods().inNamespace(ns).withLabel("epd.dev/role", role).list().getItems();
    assertThat(pods).hasSize(1);
    return pods.getFirst();
  }

  /** Marked by an operator that died before it lowered the number, which was then raised again. */
  @Test
  void aMarkThatNobodyNeedsGoesAway() {
    String ns = namespace("unmarked");
    apply(ns, cluster("replicas: 2", "replicas: 1"));
    eventually(() -> assertReady(ns));
    String name = encoders(ns).getFirst().getMetadata().getName();
    kube.kubectl(
            "annotate",
            "pod",
            name,
            "-n",
            ns,
            Victims.NO_NEW_WORK + "=scale-down",
            Victims.DELETION_COST + "=" + Victims.COST)
        .orThrow();
    eventually(
        () ->
            assertThat(encoders(ns))
                .hasSize(2)
                .noneMatch(ApiServerScaleDownTest::isMarked)
                .noneMatch(
                    p -> p.getMetadata().getAnnotations().containsKey(Victims.DELETION_COST)));
  }

  /** The model changes before the number is lowered, and the new set does not come up. */
  @Test
  void aMarkOfTheOldSetGoesAway() {
    String ns = namespace("unmarked-old");
    apply(ns, cluster("replicas: 2", "replicas: 1"));
    eventually(() -> assertReady(ns));
    String name = encoders(ns).getFirst().getMetadata().getName();
    apply(
        ns,
        cluster("replicas: 2", "replicas: 1")
            .replace("path: shapes", "path: other")
            .replace("epd.dev/runtime:dev", FakeNode.NEVER));
    eventually(() -> assertThat(encoders(ns)).hasSize(4));
    kube.kubectl(
            "annotate",
            "pod",
            name,
            "-n",
            ns,
            Victims.NO_NEW_WORK + "=scale-down",
            Victims.DELETION_COST + "=" + Victims.COST)
        .orThrow();
    eventually(
        () -> assertThat(encoders(ns)).hasSize(4).noneMatch(ApiServerScaleDownTest::isMarked));
    assertThat(names(encoders(ns))).contains(name);
  }

  @Test
  void aDrainThatWasCutShortIsCountedAndTold() {
    String ns = namespace("cut");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    double before = cutShort();
    Pod pod = encoders(ns).getFirst();
    KubernetesClient client = admin;
    finalizers(pod, "[\"test.epd.dev/kubelet\"]");
    client.resource(pod).delete();
    // What a kubelet reports last of a pod whose grace period ran out.
    eventually(
        () -> {
          Pod ending = client.resource(pod).get();
          client
              .resource(
                  new PodBuilder(ending)
                      .editStatus()
                      .addNewContainerStatus()
                      .withName("main")
                      .withImage("r:1")
                      .withImageID("")
                      .withReady(false)
                      .withRestartCount(0)
                      .withNewState()
                      .withNewTerminated()
                      .withExitCode(137)
                      .withFinishedAt(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                      .withReason("Error")
                      .endTerminated()
                      .endState()
                      .endContainerStatus()
                      .endStatus()
                      .build())
              .updateStatus();
        });
    finalizers(pod, "null");
    eventually(
        () ->
            assertThat(events(ns))
                .anyMatch(
                    e ->
                        e.startsWith("DrainCutShort pod " + pod.getMetadata().getName())
                            && e.contains("Raise spec.encoder.drain.timeout of EPDCluster one")));
    assertThat(cutShort()).isEqualTo(before + 1);
  }

  private static double cutShort() {
    var counter =
        operator.registry.find("epd.operator.drains.cut.short").tag("role", "encoder").counter();
    return counter == null ? 0 : counter.count();
  }

  private static Watcher<Pod> annotations(Map<String, Map<String, String>> marks) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, Pod pod) {
        if (isMarked(pod)) {
          marks.put(pod.getMetadata().getName(), pod.getMetadata().getAnnotations());
        }
      }

      @Override
      public void onClose(WatcherException cause) {}
    };
  }

  private static boolean isMarked(Pod pod) {
    return pod.getMetadata().getAnnotations().containsKey(Victims.NO_NEW_WORK);
  }

  private static List<Pod> encoders(String ns) {
    return admin.pods().inNamespace(ns).withLabel("epd.dev/role", "encoder").list().getItems();
  }

  private static Set<String> names(List<Pod> pods, int... which) {
    return java.util.Arrays.stream(which)
        .mapToObj(i -> pods.get(i).getMetadata().getName())
        .collect(Collectors.toSet());
  }

  private static Set<String> names(List<Pod> pods) {
    return pods.stream().map(p -> p.getMetadata().getName()).collect(Collectors.toSet());
  }
}

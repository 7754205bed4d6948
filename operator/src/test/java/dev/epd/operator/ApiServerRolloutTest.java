package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pool;
import static dev.epd.operator.OperatorWorld.versions;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition.Status;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How pods are replaced: in turns, paused, stuck, and with the old set first. */
@ExtendWith(OperatorWorld.class)
class ApiServerRolloutTest {
  @Test
  void oneRoleIsRolledAtATime() {
    String ns = namespace("turns");
    apply(ns, cluster("r:1", "shapes", "{}"));
    eventually(() -> assertReady(ns));

    List<String> order = new CopyOnWriteArrayList<>();
    List<String> together = new CopyOnWriteArrayList<>();
    Map<String, Boolean> rolled = new LinkedHashMap<>();
    try (var watch =
        admin
            .apps()
            .deployments()
            .inNamespace(ns)
            .watch(
                watcher(
                    d -> {
                      if (!imageOf(d).equals("r:2")) {
                        return;
                      }
                      if (!order.contains(role(d))) {
                        order.add(role(d));
                        rolled.forEach(
                            (r, is) -> {
                              if (!is) {
                                together.add(r + "+" + role(d));
                              }
                            });
                      }
                      rolled.put(role(d), isRolled(d));
                    }))) {
      apply(ns, cluster("r:2", "shapes", "{}"));
      eventually(
          () ->
              assertThat(images(ns).values())
                  .hasSize(4)
                  .allSatisfy(i -> assertThat(i).isEqualTo("r:2")));
      eventually(() -> assertReady(ns));
      eventually(() -> assertThat(order).hasSize(4));
      assertThat(watch).isNotNull();
    }
    assertThat(order).containsExactly("encoder", "prefill", "decode", "gateway");
    assertThat(together).isEmpty();
    assertThat(condition(ns, "Progressing").reason()).isEqualTo("RolloutComplete");
  }

  @Test
  void aPausedClusterScalesAndRollsNothing() throws Exception {
    String ns = namespace("paused");
    apply(ns, cluster("r:1", "shapes", "{}"));
    eventually(() -> assertReady(ns));
    Map<String, String> before = images(ns);

    apply(
        ns,
        cluster("r:2", "other", "{paused: true}")
            .replace("decode: {replicas: 1}", "decode: {replicas: 2}"));
    eventually(() -> assertThat(pods(ns, "decode")).isEqualTo(2));
    eventually(
        () -> {
          assertThat(condition(ns, "Progressing").reason()).isEqualTo("RolloutPaused");
          assertThat(condition(ns, "Progressing").message()).contains("Waiting: gateway, encoder");
          assertThat(condition(ns, "Ready").reason()).isEqualTo("RolloutPaused");
        });
    // A pod that is lost is made again, of what it was.
    Pod lost =
        admin
            .pods()
            .inNamespace(ns)
            .withLabel("epd.dev/role", "decode")
            .list()
            .getItems()
            .getFirst();
    admin.resource(lost).withGracePeriod(0).delete();
    eventually(() -> assertThat(pods(ns, "decode")).isEqualTo(2));
    assertThat(images(ns)).isEqualTo(before);
    eventually(
        () -> {
          Map<String, String> versions = versions(ns);
          Thread.sleep(4_000);
          assertThat(versions(ns)).as("it falls silent").isEqualTo(versions);
        });

    apply(
        ns,
        cluster("r:2", "other", "{paused: false}")
            .replace("decode: {replicas: 1}", "decode: {replicas: 2}"));
    eventually(() -> assertReady(ns));
    eventually(() -> assertThat(images(ns).values()).hasSize(4).allMatch("r:2"::equals));
  }

  @Test
  void aRollThatIsStuckSaysSoAndMayBeStoppedAndCorrected() {
    String ns = namespace("stuck");
    apply(ns, cluster("r:1", "shapes", "{progressDeadline: 30s}"));
    eventually(() -> assertReady(ns));

    apply(ns, cluster(FakeNode.NEVER, "shapes", "{progressDeadline: 30s}"));
    eventually(
        () -> {
          assertThat(condition(ns, "Progressing").status()).isEqualTo(Status.False);
          assertThat(condition(ns, "Progressing").reason()).isEqualTo("ProgressDeadlineExceeded");
          assertThat(condition(ns, "Progressing").message())
              .startsWith("encoder: no progress within 30s");
          assertThat(condition(ns, "Degraded").status()).isEqualTo(Status.True);
        });
    Map<String, String> images = images(ns);
    assertThat(images.remove("encoder")).isEqualTo(FakeNode.NEVER);
    assertThat(images.values()).hasSize(3).allMatch("r:1"::equals);
    assertThat(pods(ns, "encoder")).as("the old pod serves, the new one tries").isEqualTo(2);

    apply(ns, cluster(FakeNode.NEVER, "shapes", "{paused: true}"));
    eventually(() -> assertThat(deployment(ns, "encoder").getSpec().getPaused()).isTrue());
    apply(ns, cluster("r:3", "shapes", "{paused: true}"));
    eventually(
        () -> assertThat(condition(ns, "Progressing").message()).contains("Waiting: gateway"));
    assertThat(imageOf(deployment(ns, "encoder"))).isEqualTo(FakeNode.NEVER);

    apply(ns, cluster("r:3", "shapes", "{}"));
    eventually(() -> assertThat(images(ns).values()).hasSize(4).allMatch("r:3"::equals));
    eventually(() -> assertReady(ns));
    assertThat(deployment(ns, "encoder").getSpec().getPaused()).isNotEqualTo(true);
    assertThat(condition(ns, "Degraded").status()).isEqualTo(Status.False);
  }

  @Test
  void theOldSetFollowsTheNumberUntilTheNewOneServes() {
    String ns = namespace("grows");
    apply(ns, cluster("r:1", "shapes", "{}"));
    eventually(() -> assertReady(ns));
    String old = keys(ns).iterator().next();

    apply(ns, cluster(FakeNode.NEVER, "other", "{}"));
    eventually(() -> assertThat(keys(ns)).hasSize(2));
    apply(ns, moreDecodes(cluster(FakeNode.NEVER, "other", "{}"), 3));
    eventually(() -> assertThat(readyDecodes(ns, old)).isEqualTo(3));
    apply(ns, moreDecodes(cluster(FakeNode.NEVER, "other", "{}"), 2));
    eventually(() -> assertThat(pool(ns, "decode").getSpec().replicas()).isEqualTo(2));
    assertThat(readyDecodes(ns, old)).as("keeps what it has").isEqualTo(3);

    apply(ns, moreDecodes(cluster("r:2", "other", "{}"), 2));
    eventually(() -> assertThat(keys(ns)).hasSize(1).doesNotContain(old));
    eventually(() -> assertReady(ns));
    assertThat(pods(ns, "decode")).isEqualTo(2);
  }

  private static String moreDecodes(String cluster, int replicas) {
    return cluster.replace("decode: {replicas: 1}", "decode: {replicas: " + replicas + "}");
  }

  private static int readyDecodes(String ns, String key) {
    return (int)
        admin
            .pods()
            .inNamespace(ns)
            .withLabel("epd.dev/role", "decode")
            .withLabel("epd.dev/compatibility-key", key)
            .list()
            .getItems()
            .stream()
            .filter(Readiness::isPodReady)
            .count();
  }

  /** Also where none of them gets ready. */
  @Test
  void independentRollsAllRolesAtOnce() {
    String ns = namespace("independent");
    apply(ns, cluster("r:1", "shapes", "{strategy: Independent}"));
    eventually(() -> assertReady(ns));
    apply(ns, cluster(FakeNode.NEVER, "shapes", "{strategy: Independent}"));
    eventually(
        () ->
            assertThat(admin.pods().inNamespace(ns).list().getItems())
                .filteredOn(
                    p -> FakeNode.NEVER.equals(p.getSpec().getContainers().getFirst().getImage()))
                .extracting(p -> p.getMetadata().getLabels().get("epd.dev/role"))
                .containsExactlyInAnyOrder("gateway", "encoder", "prefill", "decode"));
  }

  @Test
  void recreateNeverHasTwoSets() {
    String ns = namespace("recreate");
    apply(ns, cluster("r:1", "shapes", "{strategy: Recreate}"));
    eventually(() -> assertReady(ns));
    String old = keys(ns).iterator().next();

    Map<String, Set<String>> alive = new TreeMap<>();
    List<String> mixed = new CopyOnWriteArrayList<>();
    try (var watch = admin.pods().inNamespace(ns).watch(podWatcher(alive, mixed))) {
      apply(ns, cluster("r:1", "other", "{strategy: Recreate}"));
      eventually(() -> assertThat(keys(ns)).hasSize(1).doesNotContain(old));
      eventually(() -> assertReady(ns));
      eventually(
          () -> assertThat(condition(ns, "RolloutCoherent").status()).isEqualTo(Status.True));
      assertThat(watch).isNotNull();
    }
    assertThat(mixed).as("roles that had pods of two keys").isEmpty();
    assertThat(admin.apps().deployments().inNamespace(ns).list().getItems()).hasSize(4);
  }

  /** The two commands of docs/install.md. */
  @Test
  void anEarlierSpecIsWrittenAgainAndItsPodsComeBack() {
    String ns = namespace("rollback");
    apply(ns, cluster("r:1", "shapes", "{}"));
    eventually(() -> assertReady(ns));
    String first = revision(ns);
    Set<String> templates = templates(ns);

    apply(
        ns,
        cluster("r:2", "shapes", "{}")
            .replace(
                "encoder: {replicas: 1}\n", "encoder: {replicas: 1, engine: {maxImages: 3}}\n"));
    eventually(() -> assertThat(images(ns).values()).hasSize(4).allMatch("r:2"::equals));
    eventually(() -> assertReady(ns));
    assertThat(revision(ns)).isNotEqualTo(first);

    assertThat(
            kube.kubectl(
                    "get",
                    "controllerrevisions",
                    "-n",
                    ns,
                    "-l",
                    "epd.dev/cluster=one,!epd.dev/role",
                    "--sort-by=.revision",
                    "-o",
                    "name")
                .orThrow()
                .lines())
        .containsExactly(
            "controllerrevision.apps/" + first, "controllerrevision.apps/" + revision(ns));
    String spec =
        kube.kubectl("get", "controllerrevision", first, "-n", ns, "-o", "jsonpath={.data.spec}")
            .orThrow();
    kube.kubectl(
            "patch",
            "epd",
            "one",
            "-n",
            ns,
            "--type=json",
            "-p=[{\"op\":\"replace\",\"path\":\"/spec\",\"value\":" + spec + "}]")
        .orThrow();
    eventually(() -> assertThat(images(ns).values()).hasSize(4).allMatch("r:1"::equals));
    eventually(() -> assertReady(ns));
    eventually(() -> assertThat(revision(ns)).isEqualTo(first));
    assertThat(templates(ns)).as("the same pods, not merely alike").isEqualTo(templates);
  }

  private static String revision(String ns) {
    return kube.kubectl("get", "epd", "one", "-n", ns, "-o", "jsonpath={.status.revision}")
        .orThrow();
  }

  /** The hash of each Deployment's pod template, as its controller labels its pods. */
  private static Set<String> templates(String ns) {
    return admin.pods().inNamespace(ns).list().getItems().stream()
        .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
        .map(
            p ->
                p.getMetadata().getLabels().get("epd.dev/role")
                    + p.getMetadata().getLabels().get("pod-template-hash"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Watcher<Deployment> watcher(Consumer<Deployment> seen) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, Deployment deployment) {
        seen.accept(deployment);
      }

      @Override
      public void onClose(WatcherException cause) {}
    };
  }

  private static Watcher<Pod> podWatcher(Map<String, Set<String>> alive, List<String> mixed) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, Pod pod) {
        String role = pod.getMetadata().getLabels().get("epd.dev/role");
        String key = pod.getMetadata().getLabels().get("epd.dev/compatibility-key");
        Set<String> now = alive.computeIfAbsent(role, r -> new TreeSet<>());
        String entry = key + "/" + pod.getMetadata().getName();
        if (action == Action.DELETED) {
          now.remove(entry);
        } else {
          now.add(entry);
        }
        if (!"gateway".equals(role)
            && now.stream().map(e -> e.substring(0, 8)).distinct().count() > 1) {
          mixed.add(role);
        }
      }

      @Override
      public void onClose(WatcherException cause) {}
    };
  }

  private static String cluster(String image, String path, String rollout) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: one}
    spec:
      model: {name: shapes, source: {pvc: {claimName: models, path: %s}}}
      runtime: {image: "%s"}
      encoder: {replicas: 1}
      prefill: {replicas: 2}
      decode: {replicas: 1}
      rollout: %s
    """
        .formatted(path, image, rollout);
  }

  private static boolean isRolled(Deployment d) {
    return d.getStatus() != null
        && d.getMetadata().getGeneration().equals(d.getStatus().getObservedGeneration())
        && d.getStatus().getConditions().stream()
            .anyMatch(
                c ->
                    c.getType().equals("Progressing")
                        && "NewReplicaSetAvailable".equals(c.getReason()));
  }

  private static Deployment deployment(String ns, String role) {
    return admin
        .apps()
        .deployments()
        .inNamespace(ns)
        .withLabel("epd.dev/role", role)
        .list()
        .getItems()
        .getFirst();
  }

  private static Map<String, String> images(String ns) {
    return admin.apps().deployments().inNamespace(ns).list().getItems().stream()
        .collect(
            Collectors.toMap(
                d -> role(d), d -> imageOf(d), (a, b) -> a + " and " + b, TreeMap::new));
  }

  private static Set<String> keys(String ns) {
    return admin.pods().inNamespace(ns).list().getItems().stream()
        .map(p -> p.getMetadata().getLabels().get("epd.dev/compatibility-key"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String role(Deployment deployment) {
    return deployment.getMetadata().getLabels().getOrDefault("epd.dev/role", "");
  }

  private static String imageOf(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }
}

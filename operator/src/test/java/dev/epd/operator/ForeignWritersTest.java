package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.WRITES;
import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.replicas;
import static dev.epd.operator.OperatorWorld.scalePath;
import static dev.epd.operator.OperatorWorld.versions;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Three people write to one cluster as fast as they can: one with kubectl's patches, one as a
 * HorizontalPodAutoscaler does, one with a server-side apply of his own fields. None may lose a
 * field, and the operator may answer each edit, but must not go on by itself.
 *
 * <p>{@code -Dforeign.seconds=60} for a long run.
 */
@ExtendWith(OperatorWorld.class)
class ForeignWritersTest {
  private static final int SECONDS = Integer.getInteger("foreign.seconds", 5);
  private static final int EDITS_PER_SECOND = 50;

  /** Children and statuses that one edit may touch, each once, and once more for what they do. */
  private static final int WRITES_PER_EDIT = 8;

  private static final ResourceDefinitionContext CLUSTERS =
      kind("epd.dev", "v1alpha1", "EPDCluster", "epdclusters");
  private static final ResourceDefinitionContext POOLS =
      kind("epd.dev", "v1alpha1", "EPDPool", "epdpools");
  private static final ResourceDefinitionContext DEPLOYMENTS =
      kind("apps", "v1", "Deployment", "deployments");
  private static final ResourceDefinitionContext SERVICES = kind("", "v1", "Service", "services");

  /** One edit; returns what of an earlier edit was gone before it. */
  private interface Edit {
    List<String> make(int number);
  }

  @Test
  void nobodyLosesAFieldAndNobodyFights() throws Exception {
    String ns = namespace("foreign");
    apply(ns, cluster("resources: {}", "replicas: 1"));
    eventually(() -> assertReady(ns));
    String deployment = deploymentName(ns, "prefill");
    int before = WRITES.in(ns).size();

    Turns turns = new Turns();
    List<Callable<Tally>> writers =
        List.of(
            () -> write(turns, n -> kubectl(ns, n)),
            () -> write(turns, n -> scaler(ns, n)),
            () -> write(turns, n -> applier(ns, deployment, n)));
    List<Tally> tallies = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Tally> writer : threads.invokeAll(writers)) {
        tallies.add(writer.get());
      }
    }
    int edits = tallies.stream().mapToInt(Tally::edits).sum();
    int during = WRITES.in(ns).size() - before;

    int wanted = replicas(ns, "encoder");
    assertThat(wanted).isEqualTo(tallies.get(1).last() % 4 + 1);
    eventually(() -> assertReady(ns));
    eventually(() -> assertThat(pods(ns, "encoder")).isEqualTo(wanted));
    assertThat(tallies.stream().flatMap(t -> t.lost().stream())).as("lost fields").isEmpty();
    assertThat(kubectlLost(ns, tallies.get(0).last())).isEmpty();
    assertThat(applierLost(ns, deployment, tallies.get(2).last())).isEmpty();

    awaitQuiet(ns);
    int all = WRITES.in(ns).size() - before;
    System.out.printf(
        "foreign writers: %d edits in %d s (%s), %d writes of the operator meanwhile, %d in all%n",
        edits, SECONDS, tallies.stream().map(Tally::edits).toList(), during, all);
    assertThat(all).isLessThan(WRITES_PER_EDIT * edits);
    List<String> writes = WRITES.in(ns);
    Map<String, String> at = versions(ns);
    Thread.sleep(5_000);
    assertThat(WRITES.in(ns)).isEqualTo(writes);
    assertThat(versions(ns)).isEqualTo(at);
  }

  private record Tally(int edits, int last, List<String> lost) {}

  /** The turns of all writers together: whoever is done with an edit takes the next one. */
  private static final class Turns {
    private final long start = System.nanoTime();
    private final AtomicInteger next = new AtomicInteger();

    /** Waits for a turn; false when the time is over. */
    boolean await() throws InterruptedException {
      long at = next.getAndIncrement() * Duration.ofSeconds(1).toNanos() / EDITS_PER_SECOND;
      long ahead = start + at - System.nanoTime();
      if (ahead > 0) {
        Thread.sleep(Duration.ofNanos(ahead));
      }
      return System.nanoTime() - start < Duration.ofSeconds(SECONDS).toNanos();
    }
  }

  private static Tally write(Turns turns, Edit edit) throws InterruptedException {
    List<String> lost = new ArrayList<>();
    int n = 0;
    while (turns.await()) {
      lost.addAll(edit.make(n));
      n++;
    }
    return new Tally(n, n - 1, lost);
  }

  /** Patches of the cluster as people make them, of a field that has an owner here among them. */
  private static List<String> kubectl(String ns, int n) {
    List<String> lost = isLook(n) ? kubectlLost(ns, n - 1) : List.of();
    String patch =
        """
        {"metadata":{"annotations":{"team/note":"%1$d"},"labels":{"team/step":"%1$d"}},
         "spec":{"gateway":{"port":%2$d}}}
        """
            .formatted(n, port(n));
    object(CLUSTERS, ns, "one").patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    return lost;
  }

  private static int port(int n) {
    return 8000 + n % 2;
  }

  private static List<String> kubectlLost(String ns, int n) {
    JsonNode cluster = tree(CLUSTERS, ns, "one");
    String found =
        "%s %s %d"
            .formatted(
                cluster.at("/metadata/annotations/team~1note").asText(),
                cluster.at("/metadata/labels/team~1step").asText(),
                cluster.at("/spec/gateway/port").asInt());
    String wanted = "%1$d %1$d %2$d".formatted(n, port(n));
    return found.equals(wanted)
        ? List.of()
        : List.of("edit %d: note, label and port are %s".formatted(n, found));
  }

  /** The number of a pool that nobody in the spec owns, through /scale. */
  private static List<String> scaler(String ns, int n) {
    List<String> lost = List.of();
    if (isLook(n)) {
      int now = replicas(ns, "encoder");
      if (now != (n - 1) % 4 + 1) {
        lost = List.of("edit %d: replicas is %d".formatted(n - 1, now));
      }
    }
    admin.raw(
        scalePath(ns, "encoder"),
        "PUT",
        """
        {"apiVersion":"autoscaling/v1","kind":"Scale",
         "metadata":{"name":"one-encoder","namespace":"%s"},"spec":{"replicas":%d}}
        """
            .formatted(ns, n % 4 + 1));
    return lost;
  }

  /** Own labels, annotations and fields of the pods on objects that the operator made, in turn. */
  private static List<String> applier(String ns, String deployment, int n) {
    List<String> lost = isLook(n) ? applierLost(ns, deployment, n - 1) : List.of();
    switch (n % 3) {
      case 0 ->
          mine(
              DEPLOYMENTS,
              ns,
              deployment,
              n,
              Map.of(
                  "spec",
                  Map.of(
                      "template",
                      Map.of(
                          "metadata", Map.of("annotations", Map.of("user/rolled", rolled(n)))))));
      case 1 -> mine(POOLS, ns, "one-prefill", n, Map.of());
      default -> mine(SERVICES, ns, "one-gateway", n, Map.of());
    }
    return lost;
  }

  /** Looking as often as writing would halve the pace. */
  private static boolean isLook(int n) {
    return n > 3 && n % 10 == 0;
  }

  /** A change of the pods now and then only: each is a rollout. */
  private static String rolled(int n) {
    return Integer.toString(n / 60);
  }

  private static List<String> applierLost(String ns, String deployment, int n) {
    JsonNode pods = tree(DEPLOYMENTS, ns, deployment);
    int ofPods = last(n, 0);
    List<String> lost = new ArrayList<>();
    step(lost, pods, "Deployment", ofPods);
    step(lost, tree(POOLS, ns, "one-prefill"), "pool", last(n, 1));
    step(lost, tree(SERVICES, ns, "one-gateway"), "Service", last(n, 2));
    String rolled = pods.at("/spec/template/metadata/annotations/user~1rolled").asText();
    if (!rolled.equals(rolled(ofPods))) {
      lost.add("edit %d: annotation of the pods is '%s'".formatted(ofPods, rolled));
    }
    return lost;
  }

  private static void step(List<String> lost, JsonNode object, String what, int n) {
    String label = object.at("/metadata/labels/user~1step").asText();
    String note = object.at("/metadata/annotations/user~1note").asText();
    if (!label.equals(Integer.toString(n)) || !note.equals("note " + n)) {
      lost.add("edit %d: %s has label '%s' and note '%s'".formatted(n, what, label, note));
    }
  }

  /** The last edit up to n that went to one of the three objects. */
  private static int last(int n, int object) {
    return n - Math.floorMod(n - object, 3);
  }

  private static void mine(
      ResourceDefinitionContext kind, String ns, String name, int n, Map<String, Object> more) {
    Map<String, Object> metadata =
        Map.of(
            "name",
            name,
            "namespace",
            ns,
            "labels",
            Map.of("user/step", Integer.toString(n)),
            "annotations",
            Map.of("user/note", "note " + n));
    Map<String, Object> intent = new java.util.HashMap<>(more);
    intent.put("apiVersion", apiVersion(kind));
    intent.put("kind", requireNonNull(kind.getKind()));
    intent.put("metadata", metadata);
    object(kind, ns, name)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("somebody")
                .build(),
            Serialization.asJson(intent));
  }

  private static void awaitQuiet(String ns) throws InterruptedException {
    long end = System.nanoTime() + OperatorWorld.PATIENCE.toNanos();
    Map<String, String> last = Map.of();
    Map<String, String> now = versions(ns);
    while (!now.equals(last) && System.nanoTime() < end) {
      Thread.sleep(2_000);
      last = now;
      now = versions(ns);
    }
    assertThat(now).as("quiet in time").isEqualTo(last);
  }

  private static String deploymentName(String ns, String role) {
    return admin
        .apps()
        .deployments()
        .inNamespace(ns)
        .withLabel("epd.dev/role", role)
        .list()
        .getItems()
        .getFirst()
        .getMetadata()
        .getName();
  }

  private static JsonNode tree(ResourceDefinitionContext kind, String ns, String name) {
    return Serialization.jsonMapper().valueToTree(object(kind, ns, name).get());
  }

  private static Resource<GenericKubernetesResource> object(
      ResourceDefinitionContext kind, String ns, String name) {
    return admin.genericKubernetesResources(kind).inNamespace(ns).withName(name);
  }

  private static String apiVersion(ResourceDefinitionContext kind) {
    return kind.getGroup().isEmpty()
        ? kind.getVersion()
        : kind.getGroup() + "/" + kind.getVersion();
  }

  private static ResourceDefinitionContext kind(
      String group, String version, String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(group)
        .withVersion(version)
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }
}

package dev.epd.operator.walks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Takes one cluster, in a namespace of its own, through changes and back. Used by one thread. */
public final class Walker {
  /** How a change ended. */
  public enum End {
    /** The API server did not let it in. */
    REFUSED,
    READY,
    /** Let in, and Ready=False says what is wrong with it. */
    NAMED,
    /** None of the others: what must not be. */
    FAILED
  }

  /** Reasons of Ready=False that pass by themselves. */
  private static final Set<String> PASSING =
      Set.of("PodsStarting", "PodLost", "WaitingForPool", "WaitingForNewSet", "RolloutInProgress");

  /** The spec is right and the world has no room for it, or is asked for nothing. */
  private static final Set<String> OF_THE_WORLD = Set.of("QuotaExceeded", "Suspended");

  private static final int LOOKS_THAT_AGREE = 3;
  private static final Duration PAUSE = Duration.ofMillis(150);
  private static final int STEPS_BEFORE_BACK = 5;

  private final KubernetesClient client;
  private final String namespace;
  private final ObjectNode good;
  private final Children fresh;
  private final Duration patience;
  private final Map<End, Integer> ends = new EnumMap<>(End.class);
  private final List<String> failures = new ArrayList<>();
  private final List<Change> sinceGood = new ArrayList<>();
  private int back;

  /**
   * A walker.
   *
   * @param fresh what a cluster that has had no other spec than the good one has made
   */
  public Walker(
      KubernetesClient client,
      String namespace,
      ObjectNode good,
      Children fresh,
      Duration patience) {
    this.client = client;
    this.namespace = namespace;
    this.good = good;
    this.fresh = fresh;
    this.patience = patience;
  }

  /** Changes of the cluster's spec. */
  public void walk(SchemaChanges schema, List<Change> changes) throws InterruptedException {
    for (Change change : changes) {
      step("epdclusters", "one", change, schema.applied(good, change));
      if (sinceGood.size() >= STEPS_BEFORE_BACK) {
        goBack("epdclusters", "one", good);
      }
    }
    goBack("epdclusters", "one", good);
  }

  /** Changes of another object that the cluster depends on; each is taken back at once. */
  public void walk(String plural, String name, SchemaChanges schema, List<Change> changes)
      throws InterruptedException {
    ObjectNode before = specOf(plural, name);
    for (Change change : changes) {
      step(plural, name, change, schema.applied(before, change));
      if (!sinceGood.isEmpty()) {
        goBack(plural, name, before);
      }
    }
  }

  private void step(String plural, String name, Change change, ObjectNode spec)
      throws InterruptedException {
    String error = put(plural, name, spec);
    if (error != null) {
      if (change.isNamedBy(error)) {
        count(End.REFUSED);
      } else {
        fail(change, "refused, but the message does not name the field: " + error);
      }
      return;
    }
    sinceGood.add(change);
    if (change.kind() == Change.Kind.INVALID) {
      fail(change, "let in although it is against the schema");
    } else {
      settle(plural, name, change);
    }
  }

  /** Waits until the cluster is ready or has said the same of what is wrong for a while. */
  private void settle(String plural, String name, Change change) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    String last = "";
    int agree = 0;
    while (System.nanoTime() < end) {
      Thread.sleep(PAUSE);
      if (!plural.equals("epdclusters") && !isObserved(plural, name)) {
        continue;
      }
      JsonNode ready = ready();
      String text = ready.path("reason").asText() + ": " + ready.path("message").asText();
      boolean isTrue = ready.path("status").asText().equals("True");
      boolean isPassing = !isTrue && PASSING.contains(ready.path("reason").asText(""));
      agree = text.equals(last) && !isPassing ? agree + 1 : 0;
      last = text;
      if (ready.isMissingNode() || agree < (isTrue ? 1 : LOOKS_THAT_AGREE)) {
        continue;
      }
      if (isTrue) {
        count(End.READY);
      } else if (change.isNamedBy(text) || OF_THE_WORLD.contains(ready.path("reason").asText())) {
        count(End.NAMED);
      } else {
        fail(change, "Ready=False does not name the field: " + text);
      }
      return;
    }
    fail(change, "stuck: " + last);
  }

  private void goBack(String plural, String name, ObjectNode spec) throws InterruptedException {
    if (sinceGood.isEmpty()) {
      return;
    }
    back++;
    String error = put(plural, name, spec);
    if (error != null) {
      fail(sinceGood.getLast(), "the way back was refused: " + error);
    }
    long end = System.nanoTime() + patience.toNanos();
    String difference = "";
    boolean isReady = false;
    while (System.nanoTime() < end) {
      Thread.sleep(PAUSE);
      JsonNode ready = ready();
      isReady = ready.path("status").asText().equals("True");
      if (isReady) {
        difference = Children.of(client, namespace).differenceTo(fresh);
        if (difference.isEmpty()) {
          sinceGood.clear();
          return;
        }
      } else {
        difference = ready.toString();
      }
    }
    failures.add(
        "after %s and back, %s:%n%s"
            .formatted(sinceGood, isReady ? "ready but not as a fresh one" : "stuck", difference));
    count(End.FAILED);
    sinceGood.clear();
    startAgain();
  }

  private void startAgain() throws InterruptedException {
    var cluster =
        client
            .genericKubernetesResources(kind("epdclusters"))
            .inNamespace(namespace)
            .withName("one");
    cluster.delete();
    long end = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < end && !Children.of(client, namespace).objects().isEmpty()) {
      Thread.sleep(PAUSE);
    }
    create();
  }

  /** Makes the cluster. */
  public void create() {
    GenericKubernetesResource cluster = new GenericKubernetesResource();
    cluster.setApiVersion("epd.dev/v1alpha1");
    cluster.setKind("EPDCluster");
    cluster.setMetadata(
        new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
            .withName("one")
            .withNamespace(namespace)
            .build());
    cluster.setAdditionalProperty("spec", good);
    client.resource(cluster).create();
  }

  /** Null, or why the API server did not let it in. */
  private @Nullable String put(String plural, String name, ObjectNode spec) {
    String patch = "[{\"op\":\"replace\",\"path\":\"/spec\",\"value\":" + spec + "}]";
    try {
      client
          .genericKubernetesResources(kind(plural))
          .inNamespace(namespace)
          .withName(name)
          .patch(PatchContext.of(PatchType.JSON), patch);
      return null;
    } catch (KubernetesClientException e) {
      return e.getStatus() == null ? String.valueOf(e.getMessage()) : e.getStatus().getMessage();
    }
  }

  private ObjectNode specOf(String plural, String name) {
    GenericKubernetesResource object =
        client
            .genericKubernetesResources(kind(plural))
            .inNamespace(namespace)
            .withName(name)
            .require();
    ObjectNode tree = Serialization.jsonMapper().valueToTree(object);
    return tree.withObjectProperty("spec");
  }

  private boolean isObserved(String plural, String name) {
    JsonNode tree = tree(plural, name);
    return !plural.equals("epdpools")
        || tree.at("/status/observedGeneration").asLong() >= generation(tree);
  }

  /** The cluster's condition Ready, if it speaks of the spec that stands. */
  private JsonNode ready() {
    JsonNode cluster = tree("epdclusters", "one");
    for (JsonNode condition : cluster.at("/status/conditions")) {
      if (condition.path("type").asText().equals("Ready")
          && condition.path("observedGeneration").asLong() >= generation(cluster)) {
        return condition;
      }
    }
    return cluster.path("no such condition");
  }

  private JsonNode tree(String plural, String name) {
    GenericKubernetesResource object =
        client.genericKubernetesResources(kind(plural)).inNamespace(namespace).withName(name).get();
    return Serialization.jsonMapper().valueToTree(object);
  }

  private static long generation(JsonNode object) {
    return object.at("/metadata/generation").asLong();
  }

  private void fail(Change change, String how) {
    failures.add(namespace + " " + change + ": " + how);
    count(End.FAILED);
  }

  private void count(End end) {
    ends.merge(end, 1, Integer::sum);
  }

  /** Changes by how they ended. */
  public Map<End, Integer> ends() {
    return Map.copyOf(ends);
  }

  /** How often the good spec came back. */
  public int timesBack() {
    return back;
  }

  /** What went wrong. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  private static ResourceDefinitionContext kind(String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup("epd.dev")
        .withVersion("v1alpha1")
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }
}

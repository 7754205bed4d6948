package dev.epd.operator.faults;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** F30 and F31: what other clusters in the namespace do to this one. */
final class CrowdFaults {
  private CrowdFaults() {}

  static List<Perturbation> all() {
    String long250k = "x".repeat(250_000);
    String deep = "{x: ".repeat(60) + "1" + "}".repeat(60);
    String labels =
        IntStream.range(0, 1000)
            .mapToObj(n -> "example.com/label-" + n + ": 'v" + n + "'")
            .collect(Collectors.joining(", "));
    return List.of(
        new Poison("an annotation of 250 kB", "annotations: {a: " + long250k + "}", ""),
        new Poison("1000 labels", "labels: {" + labels + "}", ""),
        new Poison(
            "unknown letters",
            "annotations: {'a': \"\\u202e\\U0001F4A9\\uFFFD é \\u2028\"}",
            ", template: {metadata: {annotations: {b: \"\\u202e\\U0001F4A9 é \\u2028\"}}}"),
        new Poison(
            "a template 60 deep", "labels: {}", ", template: {spec: {affinity: " + deep + "}}"),
        new Flapping());
  }

  private static String cluster(String name, String metadata, String encoder) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: %s, %s}
    spec:
      model: {name: m, source: {pvc: {claimName: models, path: m}}}
      runtime: {image: r:1}
      encoder: {replicas: 1%s}
      prefill: {replicas: 1}
    """
        .formatted(name, metadata, encoder);
  }

  private static void remove(Scene scene, Set<String> names) throws InterruptedException {
    names.forEach(name -> scene.objects("EPDCluster").withName(name).delete());
    boolean isGone =
        Lane.await(
            () ->
                names.stream()
                    .allMatch(
                        name ->
                            Snapshot.KINDS.stream()
                                .flatMap(k -> scene.objects(k.getKind()).list().getItems().stream())
                                .map(o -> o.getMetadata().getName())
                                .noneMatch(o -> o.equals(name) || o.startsWith(name + "-"))));
    if (!isGone) {
      scene.complain("not gone: " + names);
    }
  }

  /** The story's cluster must come to its end while the others are there. */
  private static void awaitStory(Scene scene) throws InterruptedException {
    if (!Lane.await(scene.stage()::isSettled)) {
      scene.complain("the cluster did not settle beside others: " + scene.operator().log());
    }
  }

  /** A cluster that is hard to swallow. */
  record Poison(String what, String metadata, String encoder) implements Perturbation {
    @Override
    public String number() {
      return "F30";
    }

    @Override
    public String title() {
      return "another cluster with " + what;
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public void begin(Scene scene) {
      Story.apply(scene.client(), scene.namespace(), cluster("poison", metadata, encoder));
    }

    @Override
    public void end(Scene scene) throws InterruptedException {
      awaitStory(scene);
      remove(scene, Set.of("poison"));
    }
  }

  /** Ten clusters are edited twenty times a second, all in all. */
  record Flapping() implements Perturbation {
    private static final int CLUSTERS = 10;
    private static final int SECONDS = 10;
    private static final Duration PAUSE = Duration.ofMillis(50);

    @Override
    public String number() {
      return "F31";
    }

    @Override
    public String title() {
      return "10 clusters edited 20 times a second";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public Set<Story> stories() {
      return EnumSet.of(Story.CREATE, Story.SCALE, Story.ROLL_WITHIN_A_KEY, Story.DELETE);
    }

    @Override
    public boolean isAlone() {
      return true;
    }

    private static Set<String> names() {
      return IntStream.range(0, CLUSTERS).mapToObj(n -> "flap-" + n).collect(Collectors.toSet());
    }

    @Override
    public void begin(Scene scene) {
      for (String name : names()) {
        Story.apply(scene.client(), scene.namespace(), cluster(name, "labels: {}", ""));
      }
      Thread.ofVirtual().start(() -> flap(scene));
    }

    private static void flap(Scene scene) {
      for (int n = 0; n < SECONDS * 20; n++) {
        GenericKubernetesResource unused =
            scene
                .objects("EPDCluster")
                .withName("flap-" + n % CLUSTERS)
                .patch(
                    PatchContext.of(PatchType.JSON_MERGE),
                    "{\"spec\":{\"gateway\":{\"port\":%d}}}".formatted(8000 + n / CLUSTERS % 2));
        try {
          Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    @Override
    public Duration lasts() {
      return Duration.ofSeconds(SECONDS + 3);
    }

    @Override
    public void end(Scene scene) throws InterruptedException {
      awaitStory(scene);
      remove(scene, names());
    }
  }
}

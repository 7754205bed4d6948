package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A case: one cluster in, everything that both planners make of it out. */
record Golden(Path folder) {
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final Path SAMPLES = Path.of("../../config/samples");

  static List<Golden> all() throws IOException {
    try (var list = Files.list(RESOURCES)) {
      return list.filter(Files::isDirectory).sorted().map(Golden::new).toList();
    }
  }

  String name() {
    return folder.getFileName().toString();
  }

  /** The case's own file, or the sample of that name. */
  EPDCluster cluster() throws IOException {
    EPDCluster cluster =
        parts()
            .filter(part -> part.contains("kind: EPDCluster\n"))
            .map(part -> Serialization.unmarshal(part, EPDCluster.class))
            .findFirst()
            .orElseThrow();
    cluster.getMetadata().setUid("cluster-uid");
    if (cluster.getMetadata().getNamespace() == null) {
      cluster.getMetadata().setNamespace("default");
    }
    return cluster;
  }

  /** The policies beside it. */
  private Map<String, PolicyState> policies() throws IOException {
    return parts()
        .filter(part -> part.contains("kind: EPDAutoscalingPolicy\n"))
        .map(part -> Serialization.unmarshal(part, EPDAutoscalingPolicy.class))
        .collect(
            Collectors.toMap(
                policy -> policy.getMetadata().getName(),
                policy -> PolicyState.of(policy.getSpec().modeOrDefault())));
  }

  private Stream<String> parts() throws IOException {
    Path own = folder.resolve("in-cluster.yaml");
    String text = Files.readString(Files.exists(own) ? own : SAMPLES.resolve(name() + ".yaml"));
    return Arrays.stream(text.split("(?m)^---$"));
  }

  /** File name to object, the pools as they are when first applied. */
  Map<String, HasMetadata> objects() throws IOException {
    EPDCluster cluster = cluster();
    ClusterPlan plan =
        ClusterPlanner.plan(
            new ClusterObservation(
                cluster, List.of(), policies(), ClaimState.BOUND, null, List.of(), null));
    List<HasMetadata> objects = new ArrayList<>();
    plan.gatewayService().ifPresent(objects::add);
    plan.signingKey().ifPresent(objects::add);
    objects.addAll(plan.networkPolicies());
    for (PoolApply apply : plan.pools()) {
      EPDPool pool = apply.desired();
      objects.add(pool);
      objects.addAll(poolPlan(pool).apply());
    }
    Map<String, HasMetadata> files = new TreeMap<>();
    for (HasMetadata object : objects) {
      files.put("out-" + object.getKind() + "-" + object.getMetadata().getName() + ".yaml", object);
    }
    return files;
  }

  private static PoolPlan poolPlan(EPDPool pool) {
    EPDPool existing = Serialization.clone(pool);
    existing.getMetadata().setUid("pool-uid");
    return PoolPlanner.plan(
        new PoolObservation(existing, List.of(), List.of(), java.util.Optional.empty(), List.of()));
  }
}

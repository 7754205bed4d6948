package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.PATIENCE;
import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.operator;
import static dev.epd.operator.OperatorWorld.root;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.epd.operator.walks.Bases;
import dev.epd.operator.walks.Change;
import dev.epd.operator.walks.Children;
import dev.epd.operator.walks.SchemaChanges;
import dev.epd.operator.walks.Walker;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * No spec wedges the operator: changes of every field of the definitions, made from their schemas,
 * and back to a good spec. Each is refused, or ready, or Ready=False says which field is wrong; the
 * way back ends in what a fresh cluster has; and no reconcile throws.
 *
 * <p>{@code -Dwalks=all} takes every change, {@code -Dwalks=N} N of them; {@code -Dwalks.seed}
 * repeats a run.
 */
@ExtendWith(OperatorWorld.class)
class SpecWalksTest {
  private static final int SAMPLE = 40;
  private static final int WALKERS_PER_BASE = 5;

  @Test
  void everyChangeIsRefusedReadyOrNamedAndTheWayBackIsOpen() throws Exception {
    long seed = Long.getLong("walks.seed", System.nanoTime() & 0xffffffffL);
    Random random = new Random(seed);
    Map<String, List<Change>> changes = sample(random);
    System.out.printf(
        "spec walks: seed %d, changes %s%n",
        seed,
        changes.entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue().size())
            .sorted()
            .toList());
    metrics.load(0, 0);
    Map<String, Children> fresh = new HashMap<>();
    for (String base : Bases.names()) {
      fresh.put(base, freshCluster(base));
    }

    double failedBefore = failedReconciles();
    List<Walker> walkers;
    List<String> troubles;
    int broken;
    try (LogWatch log = new LogWatch()) {
      walkers = walkAll(changes, fresh, seed);
      troubles = log.troubles();
      broken = log.broken();
    }

    Map<Walker.End, Integer> ends = new EnumMap<>(Walker.End.class);
    walkers.forEach(w -> w.ends().forEach((end, n) -> ends.merge(end, n, Integer::sum)));
    System.out.printf(
        "spec walks: seed %d, %d changes %s, %d times back, %.0f reconciles failed,"
            + " %d of them for a broken connection%n",
        seed,
        ends.values().stream().mapToInt(n -> n).sum(),
        new TreeMap<>(ends),
        walkers.stream().mapToInt(Walker::timesBack).sum(),
        failedReconciles() - failedBefore,
        broken);
    troubles.forEach(System.out::println);
    assertThat(walkers.stream().flatMap(w -> w.failures().stream())).as("seed %d", seed).isEmpty();
    assertThat(troubles).as("the operator's log, seed %d", seed).isEmpty();
  }

  /** By where they are made: a base, a pool of a base, the policy. */
  private static Map<String, List<Change>> sample(Random random) throws IOException {
    record Place(String name, Change change) {}
    List<Place> all = new ArrayList<>();
    for (Change change : schema("epdclusters", random).all()) {
      all.add(new Place(base(change, random), change));
    }
    for (Change change : schema("epdautoscalingpolicies", random).all()) {
      all.add(new Place("policy", change));
    }
    for (Change change : schema("epdpools", random).all()) {
      all.add(new Place("pool", change));
    }
    Collections.shuffle(all, random);
    String wanted = System.getProperty("walks", Integer.toString(SAMPLE));
    System.out.printf("spec walks: %d changes are known%n", all.size());
    int most = wanted.equals("all") ? all.size() : Integer.parseInt(wanted);
    Map<String, List<Change>> byPlace = new LinkedHashMap<>();
    all.stream()
        .limit(most)
        .forEach(p -> byPlace.computeIfAbsent(p.name(), n -> new ArrayList<>()).add(p.change()));
    return byPlace;
  }

  /** The base that has most of the way to the field already. */
  private static String base(Change change, Random random) {
    List<String> names = new ArrayList<>(Bases.names());
    Collections.shuffle(names, random);
    return names.stream()
        .max(Comparator.comparingInt(b -> SchemaChanges.depthIn(Bases.spec(b), change)))
        .orElseThrow();
  }

  private static SchemaChanges schema(String plural, Random random) throws IOException {
    JsonNode crd =
        new ObjectMapper()
            .valueToTree(
                Serialization.<Object>unmarshal(
                    Files.readString(Path.of(root("crds/" + plural + ".yaml")))));
    JsonNode schema = crd.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
    assertThat(schema.isObject()).as("schema of %s", plural).isTrue();
    return new SchemaChanges(schema, random);
  }

  private static Children freshCluster(String base) {
    String ns = place("fresh-" + base);
    new Walker(admin, ns, Bases.spec(base), new Children(Map.of()), PATIENCE).create();
    eventually(() -> OperatorWorld.assertReady(ns));
    return Children.of(admin, ns);
  }

  private static List<Walker> walkAll(
      Map<String, List<Change>> changes, Map<String, Children> fresh, long seed) throws Exception {
    List<Walker> walkers = new ArrayList<>();
    List<Callable<Void>> walks = new ArrayList<>();
    for (String place : changes.keySet()) {
      List<Change> here = changes.get(place);
      int parts = Math.min(WALKERS_PER_BASE, here.size());
      for (int part = 0; part < parts; part++) {
        List<Change> own = new ArrayList<>();
        for (int i = part; i < here.size(); i += parts) {
          own.add(here.get(i));
        }
        String ns = place("walk-" + place + "-" + part);
        String base =
            switch (place) {
              case "policy" -> "autoscaled";
              case "pool" -> Bases.names().get(part % Bases.names().size());
              default -> place;
            };
        Walker walker =
            new Walker(
                admin, ns, Bases.spec(base), requireNonNull(fresh.get(base), base), PATIENCE);
        walker.create();
        walkers.add(walker);
        walks.add(() -> walk(place, ns, walker, own, new Random(seed)));
      }
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Void> walk : threads.invokeAll(walks)) {
        walk.get();
      }
    }
    return walkers;
  }

  private static Void walk(
      String place, String ns, Walker walker, List<Change> changes, Random random)
      throws Exception {
    eventually(() -> OperatorWorld.assertReady(ns));
    switch (place) {
      case "policy" ->
          walker.walk(
              "epdautoscalingpolicies", "quick", schema("epdautoscalingpolicies", random), changes);
      case "pool" -> walker.walk("epdpools", "one-prefill", schema("epdpools", random), changes);
      default -> walker.walk(schema("epdclusters", random), changes);
    }
    return null;
  }

  /** Room for a few pods, and what the specs name. */
  private static String place(String name) {
    String ns = namespace(name);
    apply(
        ns,
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: room}
        spec: {hard: {pods: "24"}}
        ---
        apiVersion: epd.dev/v1alpha1
        kind: EPDAutoscalingPolicy
        metadata: {name: quick}
        spec: %s
        """
            .formatted(Bases.policy()));
    return ns;
  }

  private static double failedReconciles() {
    return operator.registry.find("reconciliations.failed").counters().stream()
        .mapToDouble(c -> c.count())
        .sum();
  }
}

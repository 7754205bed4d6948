package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A change of key, played to its end against a world in which reconciles, pods that get ready and
 * pods that leave come in any order.
 */
class KeyChangeTest {
  private static final List<Role> ROLES =
      List.of(Role.GATEWAY, Role.ENCODER, Role.PREFILL, Role.DECODE);

  /** Deployments by name, and the key of every gateway pod that runs or is leaving. */
  private static final class WorldOfPods {
    final Map<String, Deployment> deployments = new TreeMap<>();
    final List<String> gatewayPods = new ArrayList<>();
    final Map<String, EPDPool> pools = new TreeMap<>();
    String path = "one";

    EPDPool pool(Role role) {
      return pools.computeIfAbsent(path + " " + role, unused -> made(role));
    }

    private EPDPool made(Role role) {
      EPDCluster cluster =
          Fixtures.cluster(
              "encoder: {replicas: 1}", "prefill: {replicas: 1}", "decode: {replicas: 1}");
      cluster =
          Serialization.unmarshal(
              Serialization.asYaml(cluster).replace("path: \"shapes\"", "path: \"" + path + "\""),
              EPDCluster.class);
      EPDPool pool =
          Fixtures.existing(
              Fixtures.pool(ClusterPlanner.plan(Fixtures.seen(cluster)), role).desired(),
              1,
              Set.of());
      pool.getMetadata().setUid(role + "-uid");
      return pool;
    }

    String key() {
      return CompatibilityKey.of(pool(Role.PREFILL).getSpec());
    }

    PoolPlan plan(Role role) {
      EPDPool pool = pool(role);
      List<Deployment> own = of(role);
      List<Deployment> others =
          ROLES.stream().filter(r -> r != role).flatMap(r -> of(r).stream()).toList();
      return PoolPlanner.plan(
          new PoolObservation(
              pool,
              own,
              List.of(),
              Optional.empty(),
              List.of(),
              others,
              gatewayPods.stream().map(WorldOfPods::gatewayPod).toList()));
    }

    List<Deployment> of(Role role) {
      return deployments.values().stream()
          .filter(d -> role.value().equals(d.getMetadata().getLabels().get(Labels.ROLE)))
          .toList();
    }

    void reconcile(Role role) {
      PoolPlan plan = plan(role);
      assertThat(plan.problem()).isEmpty();
      plan.apply().stream()
          .filter(Deployment.class::isInstance)
          .map(Deployment.class::cast)
          .forEach(d -> deployments.putIfAbsent(d.getMetadata().getName(), d));
      plan.delete().forEach(d -> deployments.remove(d.getMetadata().getName()));
    }

    void podsOf(Deployment deployment, int ready) {
      deployments.put(
          deployment.getMetadata().getName(),
          new DeploymentBuilder(deployment)
              .withNewStatus()
              .withReplicas(1)
              .withUpdatedReplicas(1)
              .withReadyReplicas(ready)
              .endStatus()
              .build());
      String key = keyOf(deployment);
      if (ready == 1 && of(Role.GATEWAY).contains(deployment) && !gatewayPods.contains(key)) {
        gatewayPods.add(key);
      }
    }

    /** A gateway pod ends once its Deployment has gone. */
    void gatewayPodEnds() {
      gatewayPods.removeIf(key -> of(Role.GATEWAY).stream().noneMatch(d -> keyOf(d).equals(key)));
    }

    static String keyOf(Deployment deployment) {
      return deployment.getMetadata().getLabels().getOrDefault(Labels.COMPATIBILITY_KEY, "");
    }

    private static Pod gatewayPod(String key) {
      return new PodBuilder()
          .withNewMetadata()
          .addToLabels(Labels.COMPATIBILITY_KEY, key)
          .endMetadata()
          .build();
    }
  }

  static IntStream seeds() {
    return IntStream.range(0, 60);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyGatewayAlwaysHasItsSetAndTheNewSetWinsInAnyOrder(int seed) {
    Random random = new Random(seed);
    WorldOfPods world = new WorldOfPods();
    settle(world);
    assertThat(world.deployments).hasSize(4);

    world.path = "two";
    for (int step = 0; step < 200; step++) {
      if (step == 20 && random.nextInt(3) == 0) {
        world.path = "one"; // second thoughts, in the middle
      }
      switch (random.nextInt(4)) {
        case 0, 1 -> world.reconcile(ROLES.get(random.nextInt(ROLES.size())));
        case 2 -> {
          List<Deployment> all = List.copyOf(world.deployments.values());
          world.podsOf(all.get(random.nextInt(all.size())), 1);
        }
        default -> world.gatewayPodEnds();
      }
      for (String key : world.gatewayPods) {
        for (Role role : List.of(Role.ENCODER, Role.PREFILL, Role.DECODE)) {
          assertThat(world.of(role)).anyMatch(d -> WorldOfPods.keyOf(d).equals(key));
        }
      }
    }
    settle(world);
    assertThat(world.deployments.values())
        .hasSize(4)
        .allMatch(d -> WorldOfPods.keyOf(d).equals(world.key()));
    assertThat(world.gatewayPods).containsExactly(world.key());
  }

  @Test
  void theNewGatewaySaysWhatItWaitsFor() {
    WorldOfPods world = new WorldOfPods();
    settle(world);
    world.path = "two";
    world.reconcile(Role.ENCODER);

    PoolPlan waiting = world.plan(Role.GATEWAY);
    assertThat(waiting.waitsFor()).contains("encoder 0/1");
    assertThat(waiting.apply()).noneMatch(Deployment.class::isInstance);
    assertThat(waiting.delete()).isEmpty();

    world.of(Role.ENCODER).forEach(d -> world.podsOf(d, 1));
    assertThat(world.plan(Role.GATEWAY).waitsFor()).contains("prefill 0/1");
  }

  private static void settle(WorldOfPods world) {
    for (int i = 0; i < 6; i++) {
      ROLES.forEach(world::reconcile);
      List.copyOf(world.deployments.values()).forEach(d -> world.podsOf(d, 1));
      world.gatewayPodEnds();
    }
  }
}

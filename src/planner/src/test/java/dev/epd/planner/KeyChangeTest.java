package dev.epd.planner;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolloutStrategy;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A change of key, played to its end against a world in which reconciles, pods that get ready and
 * pods that leave come in any order.
 */
class KeyChangeTest {
  private static final List<Role> ROLES =
      List.of(Role.GATEWAY, Role.ENCODER, Role.PREFILL, Role.DECODE);

  private static final List<List<Role>> TOPOLOGIES =
      List.of(
          ROLES,
          List.of(Role.GATEWAY, Role.PREFILL),
          List.of(Role.GATEWAY, Role.ENCODER, Role.PREFILL),
          List.of(Role.GATEWAY, Role.PREFILL, Role.DECODE));

  /** Deployments by name, and the keys of each role's pods that run or are leaving. */
  private static final class WorldOfPods {
    final Map<String, Deployment> deployments = new TreeMap<>();
    final Map<Role, Set<String>> pods = new EnumMap<>(Role.class);
    final Map<String, EPDPool> pools = new TreeMap<>();
    final RolloutStrategy strategy;
    final List<Role> roles;
    String path = "one";
    boolean paused;
    boolean suspended;
    Instant now = Instant.EPOCH;

    /** When the pods that leave have to be gone, in Kubernetes' words; null: they are not told. */
    @Nullable String deletion;

    WorldOfPods(RolloutStrategy strategy) {
      this(strategy, ROLES);
    }

    WorldOfPods(RolloutStrategy strategy, List<Role> roles) {
      this.roles = roles;
      this.strategy = strategy;
      roles.forEach(role -> pods.put(role, new TreeSet<>()));
    }

    EPDPool pool(Role role) {
      return pools.computeIfAbsent(
          path + " " + role + paused + suspends(role), unused -> made(role));
    }

    private EPDPool made(Role role) {
      EPDCluster cluster =
          Fixtures.cluster(
              roles.contains(Role.ENCODER) ? "encoder: {replicas: 1}" : "",
              "prefill: {replicas: 1}",
              roles.contains(Role.DECODE) ? "decode: {replicas: 1}" : "",
              "rollout: {strategy: " + strategy + ", paused: " + paused + "}",
              "suspend: " + suspends(role));
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

    /** The gateway empties before all others. */
    boolean suspends(Role role) {
      return suspended && (role == Role.GATEWAY || gatewayPods().isEmpty());
    }

    String key() {
      return CompatibilityKey.of(pool(Role.PREFILL).getSpec());
    }

    Set<String> gatewayPods() {
      return requireNonNull(pods.get(Role.GATEWAY));
    }

    PoolPlan plan(Role role) {
      List<Deployment> others =
          roles.stream().filter(r -> r != role).flatMap(r -> of(r).stream()).toList();
      return PoolPlanner.plan(
          new PoolObservation(
              pool(role),
              of(role),
              requireNonNull(pods.get(role)).stream().map(this::pod).toList(),
              Optional.empty(),
              List.of(),
              others,
              gatewayPods().stream().map(this::pod).toList(),
              now));
    }

    List<Deployment> of(Role role) {
      return deployments.values().stream()
          .filter(d -> role.value().equals(d.getMetadata().getLabels().get(Labels.ROLE)))
          .toList();
    }

    Set<String> keys(Role role) {
      Set<String> keys = new TreeSet<>(requireNonNull(pods.get(role)));
      of(role).forEach(d -> keys.add(KeyChange.keyOf(d)));
      return keys;
    }

    boolean hasSet(Role role, String key) {
      return of(role).stream().anyMatch(d -> KeyChange.keyOf(d).equals(key));
    }

    void reconcile(Role role) {
      PoolPlan plan = plan(role);
      assertThat(plan.problem()).isEmpty();
      Set<String> before = Set.copyOf(deployments.keySet());
      plan.apply().stream()
          .filter(Deployment.class::isInstance)
          .map(Deployment.class::cast)
          .forEach(d -> deployments.putIfAbsent(d.getMetadata().getName(), d));
      for (var gone : plan.delete()) {
        deployments.remove(gone.getMetadata().getName());
        assertThat(role == Role.GATEWAY || !gatewayPods().contains(KeyChange.keyOf(gone)))
            .as("a set is there as long as a gateway that sends to it")
            .isTrue();
      }
      if (paused && !suspended && before.stream().anyMatch(name -> name.contains(role.value()))) {
        assertThat(deployments.keySet()).as("nothing comes or goes").isEqualTo(before);
      }
      if (strategy == RolloutStrategy.Recreate && role != Role.GATEWAY) {
        assertThat(keys(role)).as("never two sets at once").hasSizeLessThanOrEqualTo(1);
      }
    }

    void podsOf(Deployment deployment) {
      deployments.put(
          deployment.getMetadata().getName(),
          new DeploymentBuilder(deployment)
              .withNewStatus()
              .withReplicas(1)
              .withUpdatedReplicas(1)
              .withReadyReplicas(1)
              .endStatus()
              .build());
      roles.stream()
          .filter(r -> r.value().equals(deployment.getMetadata().getLabels().get(Labels.ROLE)))
          .forEach(r -> requireNonNull(pods.get(r)).add(KeyChange.keyOf(deployment)));
    }

    /** A pod ends once its Deployment has gone. */
    void podsEnd(Role role) {
      requireNonNull(pods.get(role))
          .removeIf(key -> of(role).stream().noneMatch(d -> KeyChange.keyOf(d).equals(key)));
    }

    private Pod pod(String key) {
      return new PodBuilder()
          .withNewMetadata()
          .withName("pod-" + key)
          .withDeletionTimestamp(key.equals(key()) ? null : deletion)
          .addToLabels(Labels.COMPATIBILITY_KEY, key)
          .endMetadata()
          .build();
    }
  }

  static Stream<Arguments> walks() {
    return Stream.of(RolloutStrategy.values())
        .flatMap(s -> IntStream.range(0, 60).mapToObj(seed -> Arguments.of(s, seed)));
  }

  @ParameterizedTest
  @MethodSource("walks")
  void everyGatewayAlwaysHasItsSetAndTheNewSetWinsInAnyOrder(RolloutStrategy strategy, int seed) {
    Random random = new Random(seed);
    List<Role> roles = TOPOLOGIES.get(seed % TOPOLOGIES.size());
    WorldOfPods world = new WorldOfPods(strategy, roles);
    settle(world);
    assertThat(world.deployments).hasSize(roles.size());

    world.path = "two";
    for (int step = 0; step < 200; step++) {
      if (step == 20 && random.nextInt(3) == 0) {
        world.path = random.nextBoolean() ? "one" : "three"; // second thoughts, in the middle
      }
      if (random.nextInt(20) == 0) {
        world.paused = !world.paused;
      }
      switch (random.nextInt(4)) {
        case 0, 1 -> world.reconcile(roles.get(random.nextInt(roles.size())));
        case 2 -> {
          List<Deployment> all = List.copyOf(world.deployments.values());
          if (!all.isEmpty()) {
            world.podsOf(all.get(random.nextInt(all.size())));
          }
        }
        default -> world.podsEnd(roles.get(random.nextInt(roles.size())));
      }
      if (strategy != RolloutStrategy.Recreate) {
        for (String key : world.gatewayPods()) {
          for (Role role : roles) {
            assertThat(role == Role.GATEWAY || world.hasSet(role, key)).isTrue();
          }
        }
      }
    }
    world.paused = false;
    settle(world);
    assertThat(world.deployments.values())
        .hasSize(roles.size())
        .allMatch(d -> KeyChange.keyOf(d).equals(world.key()));
    roles.forEach(role -> assertThat(world.keys(role)).containsExactly(world.key()));
  }

  @Test
  void theNewGatewaySaysWhatItWaitsFor() {
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Coordinated);
    settle(world);
    world.path = "two";
    world.reconcile(Role.ENCODER);

    PoolPlan waiting = world.plan(Role.GATEWAY);
    assertThat(waiting.waitsFor())
        .hasValueSatisfying(
            first -> {
              assertThat(first.reason()).isEqualTo(Reason.WaitingForNewSet);
              assertThat(first.message()).contains("encoder 0/1");
            });
    assertThat(waiting.apply()).noneMatch(Deployment.class::isInstance);
    assertThat(waiting.delete()).isEmpty();

    world.of(Role.ENCODER).forEach(world::podsOf);
    assertThat(world.plan(Role.GATEWAY).waitsFor().orElseThrow().message()).contains("prefill 0/1");
  }

  @Test
  void recreateEmptiesTheGatewayThenTheSetAndOnlyThenMakesTheNewOne() {
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Recreate);
    settle(world);
    String old = world.key();
    world.path = "two";

    ROLES.forEach(world::reconcile);
    assertThat(world.of(Role.GATEWAY)).isEmpty();
    assertThat(world.keys(Role.ENCODER)).as("its gateway has requests yet").containsExactly(old);
    assertThat(world.plan(Role.ENCODER).waitsFor())
        .map(Problem::reason)
        .contains(Reason.OldSetLeaving);

    world.podsEnd(Role.GATEWAY);
    world.reconcile(Role.ENCODER);
    assertThat(world.of(Role.ENCODER)).isEmpty();
    world.reconcile(Role.ENCODER);
    assertThat(world.of(Role.ENCODER)).as("its pods still hold the GPUs").isEmpty();

    world.podsEnd(Role.ENCODER);
    world.reconcile(Role.ENCODER);
    assertThat(world.keys(Role.ENCODER)).containsExactly(world.key());
  }

  /** A pod on a dead node never ends: from a minute after its time nobody waits for it. */
  @Test
  void aPodThatCannotEndIsNotWaitedForForEver() {
    Instant due = Instant.parse("2026-01-01T12:00:00Z");
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Recreate);
    settle(world);
    world.path = "two";
    world.deletion = due.toString();
    ROLES.forEach(world::reconcile);

    world.now = due.plusSeconds(59);
    assertThat(world.plan(Role.ENCODER).delete()).as("its gateway may be at work").isEmpty();
    world.now = due.plusSeconds(60);
    assertThat(world.plan(Role.ENCODER).delete()).hasSize(1);

    world.deployments.keySet().removeIf(name -> name.contains("encoder"));
    world.now = due.plusSeconds(59);
    assertThat(world.plan(Role.ENCODER).waitsFor()).isPresent();
    world.now = due.plusSeconds(60);
    assertThat(world.plan(Role.ENCODER).waitsFor()).isEmpty();
  }

  @Test
  void theEndOfAChangeDoesNotWaitForADeadGatewayForEver() {
    Instant due = Instant.parse("2026-01-01T12:00:00Z");
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Coordinated);
    settle(world);
    String old = world.key();
    world.path = "two";
    world.deletion = due.toString();
    for (int i = 0; i < 4; i++) {
      ROLES.forEach(world::reconcile);
      List.copyOf(world.deployments.values()).forEach(world::podsOf);
    }
    assertThat(world.of(Role.GATEWAY)).as("the old one is gone but for its pod").hasSize(1);
    assertThat(world.gatewayPods()).contains(old);

    world.now = due.plusSeconds(59);
    assertThat(world.plan(Role.DECODE).delete()).isEmpty();
    world.now = due.plusSeconds(60);
    assertThat(world.plan(Role.DECODE).delete()).extracting(KeyChange::keyOf).containsExactly(old);
  }

  /** Whoever finds no room for the second set in the middle may still choose Recreate. */
  @Test
  void theStrategyMayChangeInTheMiddle() {
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Coordinated);
    settle(world);
    world.path = "two";
    ROLES.forEach(world::reconcile);
    assertThat(world.deployments).as("two sets but for the gateway").hasSize(7);

    WorldOfPods recreate = new WorldOfPods(RolloutStrategy.Recreate);
    recreate.path = "two";
    recreate.deployments.putAll(world.deployments);
    recreate.pods.putAll(world.pods);
    recreate.reconcile(Role.GATEWAY);
    assertThat(recreate.of(Role.GATEWAY)).isEmpty();
    recreate.podsEnd(Role.GATEWAY);
    assertThat(recreate.plan(Role.ENCODER).delete()).hasSize(1);
  }

  /** What was corrected before it served holds room that the next one needs. */
  @Test
  void aSetThatNeverServedGoesWhenTheSpecIsCorrected() {
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Coordinated);
    String old = begun(world);
    world.path = "three";
    ROLES.forEach(world::reconcile);
    assertThat(world.keys(Role.GATEWAY)).containsExactly(old);
    for (Role role : List.of(Role.ENCODER, Role.PREFILL, Role.DECODE)) {
      assertThat(world.keys(role)).containsExactlyInAnyOrder(old, world.key());
    }
  }

  @Test
  void aGatewayThatNeverGotReadyGoesWithItsSet() {
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Coordinated);
    String old = begun(world);
    List.copyOf(world.deployments.values()).forEach(world::podsOf);
    world.reconcile(Role.GATEWAY);
    assertThat(world.of(Role.GATEWAY)).hasSize(2);

    world.path = "three";
    ROLES.forEach(world::reconcile);
    ROLES.forEach(world::reconcile);
    assertThat(world.keys(Role.GATEWAY)).containsExactly(old);
    for (Role role : List.of(Role.ENCODER, Role.PREFILL, Role.DECODE)) {
      assertThat(world.of(role))
          .extracting(KeyChange::keyOf)
          .containsExactlyInAnyOrder(old, world.key());
    }
  }

  /** A pod that the autoscaler adds then may need the room of the old set. */
  @Test
  void anOldSetThatServesNobodyDoesNotWaitForTheLastNewPod() {
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Coordinated);
    String old = begun(world);
    List.copyOf(world.deployments.values()).forEach(world::podsOf);
    world.reconcile(Role.GATEWAY);
    world.of(Role.GATEWAY).forEach(world::podsOf);
    world.reconcile(Role.GATEWAY);
    assertThat(world.plan(Role.DECODE).delete()).as("a gateway still sends to it").isEmpty();

    world.podsEnd(Role.GATEWAY);
    world.deployments.replaceAll(
        (name, d) ->
            new DeploymentBuilder(d).editStatus().withReadyReplicas(0).endStatus().build());
    assertThat(world.plan(Role.DECODE).delete()).extracting(KeyChange::keyOf).containsExactly(old);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClusterThatIsSuspendedInTheMiddleEmpties(boolean paused) {
    WorldOfPods world = new WorldOfPods(RolloutStrategy.Coordinated);
    String old = begun(world);

    world.suspended = true;
    world.paused = paused;
    ROLES.forEach(world::reconcile);
    assertThat(world.of(Role.GATEWAY)).extracting(KeyChange::keyOf).containsExactly(world.key());
    assertThat(world.keys(Role.DECODE)).as("its gateway has requests yet").contains(old);

    world.podsEnd(Role.GATEWAY);
    for (Role role : ROLES) {
      world.reconcile(role);
      assertThat(world.of(role)).extracting(KeyChange::keyOf).containsExactly(world.key());
      assertThat(world.plan(role).apply())
          .filteredOn(Deployment.class::isInstance)
          .map(Deployment.class::cast)
          .allMatch(d -> d.getSpec().getReplicas() == 0)
          .hasSize(1);
    }
  }

  /** A change of key at its begin: the new set but its gateway is made. Returns the old key. */
  private static String begun(WorldOfPods world) {
    settle(world);
    String old = world.key();
    world.path = "two";
    ROLES.forEach(world::reconcile);
    return old;
  }

  private static void settle(WorldOfPods world) {
    for (int i = 0; i < 8; i++) {
      world.roles.forEach(world::reconcile);
      List.copyOf(world.deployments.values()).forEach(world::podsOf);
      world.roles.forEach(world::podsEnd);
    }
  }
}

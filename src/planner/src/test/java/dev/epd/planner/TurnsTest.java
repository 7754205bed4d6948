package dev.epd.planner;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rolls within a key: specs that change, pools that report, in any order. */
class TurnsTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

  /** Pools as the API server holds them, and the cluster's spec. */
  private static final class WorldOfPools {
    final Map<Role, EPDPool> pools = new EnumMap<>(Role.class);
    String image = "r:1";
    String encoderImage = "";
    String strategy = "Coordinated";
    String path = "shapes";
    boolean paused;
    int prefills = 1;
    boolean hasEncoder = true;
    boolean hasDecode = true;

    EPDCluster cluster() {
      EPDCluster cluster =
          Fixtures.cluster(
              hasEncoder ? "encoder: {replicas: 1" + encoderImage + "}" : "",
              "prefill: {replicas: " + prefills + "}",
              hasDecode ? "decode: {replicas: 1}" : "",
              "rollout: {strategy: " + strategy + ", paused: " + paused + "}");
      String yaml =
          Serialization.asYaml(cluster)
              .replace("image: \"r:1\"", "image: \"" + image + "\"")
              .replace("path: \"shapes\"", "path: \"" + path + "\"");
      return Serialization.unmarshal(yaml, EPDCluster.class);
    }

    ClusterObservation seen() {
      return Fixtures.seen(cluster(), pools.values().toArray(EPDPool[]::new));
    }

    ClusterPlan plan() {
      return ClusterPlanner.plan(seen());
    }

    /** Applies the plan; a pool whose pods are to change is no longer rolled. */
    void reconcile() {
      for (PoolApply apply : plan().pools()) {
        EPDPool desired = apply.desired();
        Role role = desired.getSpec().role();
        int replicas = role == Role.PREFILL ? prefills : 1;
        EPDPool pool = Fixtures.existing(desired, replicas, Set.of(FieldManagers.CLUSTER));
        EPDPool before = pools.get(role);
        if (before != null) {
          boolean changed = !before.getSpec().equals(pool.getSpec());
          long generation = before.getMetadata().getGeneration();
          pool.getMetadata().setGeneration(changed ? generation + 1 : generation);
          pool.setStatus(before.getStatus());
        }
        pools.put(role, pool);
      }
    }

    /** The pool's controller looks; with {@code through} the last pod of the roll is ready. */
    void report(Role role, boolean through) {
      EPDPool pool = pools.get(role);
      if (pool == null) {
        return;
      }
      String hash = Revisions.hash(pool);
      EPDPoolStatus before = pool.getStatus();
      boolean already = before != null && hash.equals(before.revision());
      pool.setStatus(
          new EPDPoolStatus(
              pool.getMetadata().getGeneration(),
              1,
              1,
              0,
              null,
              List.of(
                  new Condition(
                      "Ready", Status.True, 1L, Instant.EPOCH.toString(), "PoolReady", "1 of 1")),
              through || already ? hash : null,
              List.of(CompatibilityKey.of(pool.getSpec())),
              List.of(CompatibilityKey.of(pool.getSpec())),
              null,
              null,
              List.of()));
    }

    Set<Role> rolling() {
      Set<Role> rolling = EnumSet.noneOf(Role.class);
      pools.forEach(
          (role, pool) -> {
            if (Turns.isUnderWay(pool)) {
              rolling.add(role);
            }
          });
      return rolling;
    }

    void settle() {
      for (int i = 0; i < 8; i++) {
        reconcile();
        for (Role role : Role.values()) {
          report(role, true);
        }
      }
    }

    List<Role> topology() {
      return requireNonNull(requireNonNull(pools.get(Role.GATEWAY)).getSpec().gateway()).topology();
    }

    String imageOf(Role role) {
      return requireNonNull(pools.get(role)).getSpec().runtime().image();
    }
  }

  static IntStream seeds() {
    return IntStream.range(0, 100);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void oneRoleAtATimeAndEveryRoleInTheEnd(int seed) {
    Random random = new Random(seed);
    WorldOfPools world = new WorldOfPools();
    world.hasEncoder = seed % 4 != 1 && seed % 4 != 3;
    world.hasDecode = seed % 4 < 2;
    world.settle();
    for (int step = 0; step < 150; step++) {
      switch (random.nextInt(8)) {
        case 0 -> world.image = "r:" + random.nextInt(4);
        case 1 -> world.encoderImage = random.nextBoolean() ? "" : ", runtime: {image: e}";
        case 2 -> world.paused = random.nextInt(4) == 0;
        case 3, 4 -> {
          // Told now: the roles whose pods are to be of something else than before.
          Set<Role> before = world.rolling();
          Map<Role, String> were = new EnumMap<>(Role.class);
          world.pools.forEach((role, pool) -> were.put(role, Revisions.hash(pool)));
          world.reconcile();
          Set<Role> told = EnumSet.noneOf(Role.class);
          world.pools.forEach(
              (role, pool) -> {
                if (!Revisions.hash(pool).equals(were.get(role))) {
                  told.add(role);
                }
              });
          if (world.paused) {
            assertThat(told).isEmpty();
          }
          Set<Role> both = EnumSet.noneOf(Role.class);
          both.addAll(before);
          both.addAll(told);
          assertThat(both).as("at once").hasSizeLessThanOrEqualTo(1);
        }
        default -> world.report(Role.values()[random.nextInt(4)], random.nextBoolean());
      }
    }
    world.paused = false;
    world.settle();
    assertThat(world.plan().held()).isEmpty();
    assertThat(world.rolling()).isEmpty();
    assertThat(world.imageOf(Role.PREFILL)).isEqualTo(world.image);
    if (world.hasDecode) {
      assertThat(world.imageOf(Role.DECODE)).isEqualTo(world.image);
    }
    if (world.hasEncoder) {
      assertThat(world.imageOf(Role.ENCODER))
          .isEqualTo(world.encoderImage.isEmpty() ? world.image : "e");
    }
  }

  @Test
  void aRollThatIsStuckTakesTheCorrectionAndTheOthersWaitForIt() {
    WorldOfPools world = new WorldOfPools();
    world.settle();
    world.image = "bad";
    world.reconcile();
    world.report(Role.ENCODER, false);
    world.reconcile();
    assertThat(world.imageOf(Role.ENCODER)).isEqualTo("bad");
    assertThat(world.imageOf(Role.PREFILL)).isEqualTo("r:1");
    assertThat(world.plan().held())
        .containsOnlyKeys(Role.PREFILL, Role.DECODE, Role.GATEWAY)
        .allSatisfy(
            (role, why) -> {
              assertThat(why.reason()).isEqualTo(Reason.WaitingForTurn);
              assertThat(why.message()).contains("until encoder has been rolled");
            });

    world.image = "good";
    world.reconcile();
    assertThat(world.imageOf(Role.ENCODER)).isEqualTo("good");
    assertThat(world.imageOf(Role.PREFILL)).isEqualTo("r:1");
  }

  @Test
  void independentRollsAllRolesAtOnce() {
    WorldOfPools world = new WorldOfPools();
    world.strategy = "Independent";
    world.settle();
    world.image = "r:2";
    world.reconcile();
    for (Role role : Role.values()) {
      assertThat(world.imageOf(role)).isEqualTo("r:2");
    }
  }

  @Test
  void aNewKeyIsAWholeNewSetAndWaitsForNobody() {
    WorldOfPools world = new WorldOfPools();
    world.settle();
    world.path = "other";
    world.image = "r:2";
    assertThat(world.plan().held()).isEmpty();
  }

  @Test
  void aPausedClusterScalesAndKeepsItsPodsAndItsRoles() {
    WorldOfPools world = new WorldOfPools();
    world.settle();
    world.paused = true;
    world.image = "r:2";
    world.path = "other";
    world.prefills = 3;
    world.reconcile();
    assertThat(world.imageOf(Role.PREFILL)).isEqualTo("r:1");
    assertThat(requireNonNull(world.pools.get(Role.PREFILL)).getSpec().replicas()).isEqualTo(3);
    assertThat(requireNonNull(world.pools.get(Role.PREFILL)).getSpec().model().source().path())
        .isEqualTo("shapes");
    for (Role role : Role.values()) {
      world.report(role, true);
    }
    assertThat(condition(world, ConditionType.Progressing).reason()).isEqualTo("RolloutPaused");
    assertThat(condition(world, ConditionType.Progressing).message())
        .contains("Waiting: gateway, encoder, prefill, decode");
    assertThat(condition(world, ConditionType.Ready).reason()).isEqualTo("RolloutPaused");
    assertThat(condition(world, ConditionType.Ready).status()).isEqualTo(Status.False);
    assertThat(condition(world, ConditionType.Degraded).status()).isEqualTo(Status.False);

    EPDCluster fewer = Fixtures.cluster("prefill: {replicas: 1}", "rollout: {paused: true}");
    ClusterPlan plan =
        ClusterPlanner.plan(Fixtures.seen(fewer, world.pools.values().toArray(EPDPool[]::new)));
    assertThat(plan.poolsToDelete()).isEmpty();
    assertThat(plan.networkPoliciesToDelete()).isEmpty();
    assertThat(plan.networkPolicies())
        .as("also those of the roles that still serve")
        .extracting(p -> p.getMetadata().getName())
        .containsExactly("c-gateway", "c-encoder", "c-prefill", "c-decode");
  }

  /** Whoever corrects a spec and pauses in one edit would read of what he has corrected alone. */
  @Test
  void whatAPausedPoolSaysOfTheSpecBeforeIsToldAsSuch() {
    WorldOfPools world = new WorldOfPools();
    world.settle();
    EPDPool prefill = requireNonNull(world.pools.get(Role.PREFILL));
    prefill.setStatus(
        Serialization.unmarshal(
            Serialization.asYaml(prefill.getStatus())
                .replace("status: \"True\"", "status: \"False\"")
                .replace("PoolReady", "ObjectRefused")
                .replace("1 of 1", "it is invalid"),
            EPDPoolStatus.class));
    assertThat(condition(world, ConditionType.Ready).message())
        .isEqualTo("PrefillReady: it is invalid");

    world.paused = true;
    world.image = "r:2";
    world.reconcile();

    Condition ready = condition(world, ConditionType.Ready);
    assertThat(ready.reason()).isEqualTo("ObjectRefused");
    assertThat(ready.message())
        .startsWith("PrefillReady: spec.rollout.paused is true")
        .endsWith("Of the spec before: it is invalid");
  }

  /** A paused gateway would not send to it, and it would be the first of another key. */
  @Test
  void aRoleThatComesToAPausedClusterWaits() {
    EPDCluster before = Fixtures.cluster("prefill: {replicas: 1}");
    EPDPool[] pools =
        ClusterPlanner.plan(Fixtures.seen(before)).pools().stream()
            .map(p -> Fixtures.existing(p.desired(), 1, Set.of(FieldManagers.CLUSTER)))
            .map(TurnsTest::serving)
            .toArray(EPDPool[]::new);
    EPDCluster paused =
        Fixtures.cluster("prefill: {replicas: 1}", "encoder: {}", "rollout: {paused: true}");
    ClusterObservation seen = Fixtures.seen(paused, pools);
    ClusterPlan plan = ClusterPlanner.plan(seen);
    assertThat(plan.pools())
        .extracting(p -> p.desired().getSpec().role())
        .containsExactly(Role.GATEWAY, Role.PREFILL);
    assertThat(requireNonNull(plan.held().get(Role.ENCODER)).reason())
        .isEqualTo(Reason.RolloutPaused);
    assertThat(plan.notices()).isEmpty();
    List<Condition> said = ClusterStatusPlanner.status(seen, plan, CLOCK).conditions();
    for (ConditionType type :
        List.of(ConditionType.Ready, ConditionType.EncoderReady, ConditionType.Progressing)) {
      Condition condition = ConditionFactory.find(said, type).orElseThrow();
      assertThat(condition.status()).as(type.name()).isEqualTo(Status.False);
      assertThat(condition.reason()).as(type.name()).isEqualTo("RolloutPaused");
    }
    assertThat(ConditionFactory.find(said, ConditionType.Progressing).orElseThrow().message())
        .contains("Waiting: gateway, encoder");
    for (ConditionType type :
        List.of(
            ConditionType.Available, ConditionType.ImageServing, ConditionType.RolloutCoherent)) {
      assertThat(ConditionFactory.find(said, type).orElseThrow().status())
          .as("the stages that there are serve as before: %s", type)
          .isEqualTo(Status.True);
    }

    EPDCluster going = Fixtures.cluster("prefill: {replicas: 1}", "encoder: {}");
    assertThat(ClusterPlanner.plan(Fixtures.seen(going, pools)).pools()).hasSize(3);
    EPDCluster fresh =
        Fixtures.cluster("prefill: {replicas: 1}", "encoder: {}", "rollout: {paused: true}");
    ClusterPlan first = ClusterPlanner.plan(Fixtures.seen(fresh));
    assertThat(first.pools()).as("a cluster that is made paused").hasSize(3);
    EPDPool gateway = Fixtures.existing(Fixtures.pool(first, Role.GATEWAY).desired(), 1, Set.of());
    assertThat(ClusterPlanner.plan(Fixtures.seen(fresh, gateway)).pools())
        .as("and whose making was cut short")
        .hasSize(3);
  }

  /** Also where its pool was deleted by hand: it would be made of what the spec says now. */
  @Test
  void nothingOfAnotherKeyStartsInAPausedCluster() {
    WorldOfPools world = new WorldOfPools();
    world.settle();
    world.paused = true;
    world.path = "other";
    world.reconcile();
    for (Role role : Role.values()) {
      world.pools.remove(role);
      ClusterPlan plan = world.plan();
      assertThat(plan.pools()).noneMatch(p -> p.desired().getSpec().role() == role);
      assertThat(plan.networkPolicies()).hasSize(4);
      world = new WorldOfPools();
      world.settle();
      world.paused = true;
      world.path = "other";
    }
  }

  private static EPDPool serving(EPDPool pool) {
    pool.setStatus(
        new EPDPoolStatus(
            1L,
            1,
            1,
            0,
            null,
            List.of(
                new Condition(
                    "Ready", Status.True, 1L, Instant.EPOCH.toString(), "PoolReady", "1 of 1")),
            Revisions.hash(pool),
            List.of(CompatibilityKey.of(pool.getSpec())),
            List.of(CompatibilityKey.of(pool.getSpec())),
            null,
            null,
            List.of()));
    return pool;
  }

  /** A gateway that counts on encoders which are gone would keep pictures waiting. */
  @Test
  void aGatewayIsToldAtOnceWhichStagesThereAre() {
    WorldOfPools world = new WorldOfPools();
    world.settle();
    EPDCluster fewer = Fixtures.cluster("prefill: {replicas: 1, runtime: {image: r:2}}");
    ClusterPlan plan =
        ClusterPlanner.plan(Fixtures.seen(fewer, world.pools.values().toArray(EPDPool[]::new)));
    assertThat(plan.held()).doesNotContainKey(Role.GATEWAY);
  }

  /** It would send the role's work to nobody until its first pod has loaded the model. */
  @ParameterizedTest
  @ValueSource(strings = {"Coordinated", "Independent"})
  void aGatewayLearnsOfARoleThatComesWhenItsPodsAreThere(String strategy) {
    WorldOfPools world = new WorldOfPools();
    world.strategy = strategy;
    world.hasDecode = false;
    world.settle();
    world.hasDecode = true;
    world.reconcile();
    assertThat(world.pools).containsKey(Role.DECODE);
    assertThat(world.topology()).doesNotContain(Role.DECODE);
    world.report(Role.DECODE, false);
    world.reconcile();
    assertThat(world.topology()).doesNotContain(Role.DECODE);
    assertThat(world.plan().held().get(Role.GATEWAY))
        .isEqualTo(
            new Problem(
                Reason.WaitingForTurn, "gateway does without decode until decode has its pods"));

    world.report(Role.DECODE, true);
    world.reconcile();
    assertThat(world.topology()).contains(Role.DECODE);
  }

  @Test
  void recreateReplacesGpuPodsInPlaceUnlessThePoolSaysHow() {
    EPDCluster cluster =
        Fixtures.cluster(
            "encoder: {resources: {gpu: {count: 1}}, rollout: {maxSurge: 1}}",
            "prefill: {resources: {gpu: {count: 1}}}",
            "rollout: {strategy: Recreate}");
    ClusterPlan plan = ClusterPlanner.plan(Fixtures.seen(cluster));
    assertThat(surge(plan, Role.PREFILL)).isZero();
    assertThat(surge(plan, Role.ENCODER)).isEqualTo(1);
    assertThat(surge(plan, Role.GATEWAY)).isEqualTo(1);
  }

  private static int surge(ClusterPlan plan, Role role) {
    return Fixtures.pool(plan, role)
        .desired()
        .getSpec()
        .rolloutOrDefault()
        .maxSurgeOrDefault()
        .getIntVal();
  }

  @Test
  void twoSetsAreNamedWithTheirRoles() {
    WorldOfPools world = new WorldOfPools();
    world.settle();
    assertThat(condition(world, ConditionType.RolloutCoherent).status()).isEqualTo(Status.True);
    String old = CompatibilityKey.of(world.cluster().getSpec().model(), null);
    world.path = "other";
    world.reconcile();
    world.report(Role.DECODE, false);
    String young = CompatibilityKey.of(world.cluster().getSpec().model(), null);
    Condition coherent = condition(world, ConditionType.RolloutCoherent);
    assertThat(coherent.status()).isEqualTo(Status.False);
    assertThat(coherent.reason()).isEqualTo("TwoSets");
    assertThat(coherent.message())
        .contains(old + " (encoder, gateway, prefill)")
        .contains(young + " (decode)");
  }

  private static Condition condition(WorldOfPools world, ConditionType type) {
    ClusterObservation seen = world.seen();
    return ConditionFactory.find(
            ClusterStatusPlanner.status(seen, ClusterPlanner.plan(seen), CLOCK).conditions(), type)
        .orElseThrow();
  }
}

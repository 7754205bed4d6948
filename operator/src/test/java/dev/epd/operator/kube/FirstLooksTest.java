package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FirstLooksTest {
  private static final long GENERATION = 3;

  private final Map<ResourceID, EPDPool> objects = new ConcurrentHashMap<>();
  private final Set<String> awaited = new HashSet<>();
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());
  private final List<String> begun = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean isFailing;
  private final FirstLooks<EPDPool, EPDPoolStatus> looks =
      new FirstLooks<>(
          EPDPoolStatus::observedGeneration,
          pool -> awaited.contains(pool.getMetadata().getName()),
          this::begin);

  @BeforeEach
  void listen() {
    looks.readingFrom(id -> Optional.ofNullable(objects.get(id)));
    looks.setEventHandler(event -> told.add(event.getRelatedCustomResourceID().getName()));
  }

  @AfterEach
  void stop() {
    looks.stop();
  }

  @Test
  void whatChangedComesFirstAndTheOthersInTheirTurn() {
    see("same", GENERATION);
    see("changed", GENERATION - 1);
    see("other", GENERATION);
    see("new", null);

    looks.start();
    await().untilAsserted(() -> assertThat(told).containsExactly("changed"));
    looks.looking(pool("changed"));

    await()
        .untilAsserted(() -> assertThat(told).containsExactly("changed", "new", "same", "other"));
  }

  @Test
  void whatAnotherCarriesOutMeanwhileHasNotChanged() {
    see("shows", GENERATION);
    looks.start();
    await().untilAsserted(() -> assertThat(told).containsExactly("shows"));

    see("made", null);
    see("made", GENERATION);
    see("edited", GENERATION);
    see("edited", GENERATION - 1);
    looks.looking(pool("shows"));

    await().untilAsserted(() -> assertThat(told).containsExactly("shows", "edited", "made"));
  }

  @Test
  void oneStandsForAllUntilThisProcessLeads() throws Exception {
    awaited.add("b");
    for (String name : List.of("a", "b", "c")) {
      see(name, GENERATION);
    }

    looks.start();
    await().untilAsserted(() -> assertThat(told).containsExactly("a"));
    Thread.sleep(FirstLooks.PACE.multipliedBy(10));
    assertThat(told).containsExactly("a");
    assertThat(begun).isEmpty();

    looks.looking(pool("a"));
    await().untilAsserted(() -> assertThat(told).containsExactly("a", "b", "c"));
    assertThat(begun).containsExactly("b");
  }

  @Test
  void theFirstThatIsMadeShowsItWhereThereWasNone() {
    looks.start();

    see("first", null);

    await().untilAsserted(() -> assertThat(told).containsExactly("first"));
  }

  @Test
  void anotherStandsForAllWhereTheOneIsGoneOrGoing() {
    for (String name : List.of("gone", "going", "there")) {
      see(name, GENERATION);
    }
    EPDPool going = pool("going");
    going.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    objects.put(id("going"), going);

    looks.start();
    objects.remove(id("gone"));

    await().untilAsserted(() -> assertThat(told).endsWith("there"));
  }

  @Test
  void oneThatIsMadeAnewUnderItsNameIsToldAgain() {
    see("a", GENERATION);
    looks.start();
    await().untilAsserted(() -> assertThat(told).containsExactly("a"));

    looks.onResourceDeleted(pool("a"));
    see("a", null);

    await().untilAsserted(() -> assertThat(told).containsExactly("a", "a"));
  }

  @Test
  void whatIsGoneIsForgotten() {
    awaited.add("gone");
    for (String name : List.of("a", "gone", "c")) {
      see(name, GENERATION);
    }
    looks.start();
    await().untilAsserted(() -> assertThat(told).containsExactly("a"));

    looks.onResourceDeleted(pool("gone"));
    looks.looking(pool("a"));

    await().untilAsserted(() -> assertThat(told).containsExactly("a", "c"));
    assertThat(begun).isEmpty();
  }

  @Test
  void whatWasLookedAtAnywayHasHadItsTurn() {
    for (String name : List.of("a", "b", "c")) {
      see(name, GENERATION);
    }
    looks.looking(pool("b"));

    looks.start();

    await().untilAsserted(() -> assertThat(told).containsExactly("a", "c"));
  }

  @Test
  void onceThisProcessLeadsNothingIsKeptBack() {
    see("a", GENERATION);
    looks.looking(pool("a"));

    assertThat(looks.isAtOnce(seen("late", GENERATION))).isTrue();
  }

  @Test
  void oneThatFailsDoesNotHoldUpTheOthers() {
    awaited.addAll(Set.of("a", "b"));
    for (String name : List.of("a", "b")) {
      see(name, GENERATION);
    }
    looks.looking(pool("changed"));
    isFailing = true;
    looks.setEventHandler(
        event -> {
          told.add(event.getRelatedCustomResourceID().getName());
          throw new IllegalStateException("from the test");
        });

    looks.start();

    await().untilAsserted(() -> assertThat(told).containsExactly("a", "b"));
    assertThat(begun).containsExactlyInAnyOrder("a", "b");
  }

  private void begin(EPDPool pool) {
    begun.add(pool.getMetadata().getName());
    if (isFailing) {
      throw new IllegalStateException("from the test");
    }
  }

  private void see(String name, @Nullable Long generation) {
    assertThat(looks.isAtOnce(seen(name, generation))).isFalse();
  }

  private EPDPool seen(String name, @Nullable Long generation) {
    EPDPool pool = pool(name);
    if (generation != null) {
      pool.setStatus(
          Serialization.unmarshal("observedGeneration: " + generation, EPDPoolStatus.class));
    }
    objects.put(id(name), pool);
    return pool;
  }

  private static ResourceID id(String name) {
    return new ResourceID(name, "ns");
  }

  private static EPDPool pool(String name) {
    EPDPool pool = new EPDPool();
    pool.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName(name)
            .withGeneration(GENERATION)
            .build());
    return pool;
  }
}

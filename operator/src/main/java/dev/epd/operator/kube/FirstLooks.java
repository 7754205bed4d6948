package dev.epd.operator.kube;

import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What has changed while nobody was there comes first. The framework that starts, or leads from now
 * on, looks at every object at once: among a thousand clusters a changed one would wait for the
 * thousands that are as they were. Those are looked at one after the other instead.
 */
public final class FirstLooks {
  /** Between two objects that did not change; a look takes some milliseconds. */
  static final Duration PACE = Duration.ofMillis(5);

  /** All have had their turn when for this long none has been due. */
  static final Duration QUIET = Duration.ofSeconds(10);

  private final InstantSource clock;
  private final Map<String, Instant> dues = new HashMap<>();
  private @Nullable Instant next;
  private boolean isOver;

  /** The first object to ask begins it. */
  public FirstLooks(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * How long the object has to wait for its first look; empty: it is its turn, or its spec is
   * another than the one that its status speaks of.
   *
   * @param observed the generation that its status speaks of
   */
  public synchronized Optional<Duration> untilTurn(
      CustomResource<?, ?> object, @Nullable Long observed) {
    if (isOver) {
      return Optional.empty();
    }
    Instant now = clock.instant();
    Instant free = next == null ? now : next;
    if (now.isAfter(free.plus(QUIET))) {
      isOver = true;
      dues.clear();
      return Optional.empty();
    }
    String uid = object.getMetadata().getUid();
    if (!Objects.equals(observed, object.getMetadata().getGeneration())) {
      // Nor does what follows from the change wait, when its status speaks of it.
      dues.put(uid, now);
      return Optional.empty();
    }
    @Nullable Instant due = dues.get(uid);
    if (due == null) {
      due = free;
      dues.put(uid, due);
      next = free.plus(PACE);
    }
    return due.isAfter(now) ? Optional.of(Duration.between(now, due)) : Optional.empty();
  }
}

package dev.epd.planner;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.Reason;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes conditions of one object for one generation. {@code lastTransitionTime} changes only when
 * the status does (Kubernetes API conventions), so an unchanged condition is equal to the old one
 * and nothing is written.
 */
public final class ConditionFactory {
  private static final int MESSAGE_LIMIT = 1024;

  private final InstantSource clock;
  private final List<Condition> previous;
  private final @Nullable Long generation;

  public ConditionFactory(
      InstantSource clock, List<Condition> previous, @Nullable Long generation) {
    this.clock = clock;
    this.previous = List.copyOf(previous);
    this.generation = generation;
  }

  public Condition of(ConditionType type, Condition.Status status, Reason reason, String message) {
    return named(type, status, reason.name(), message);
  }

  /** As {@link #of}, for a reason that another object's condition already bears. */
  public Condition named(
      ConditionType type, Condition.Status status, String reason, String message) {
    String since =
        find(previous, type)
            .filter(p -> p.status() == status)
            .map(Condition::lastTransitionTime)
            .orElseGet(() -> clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    return new Condition(type.name(), status, generation, since, reason, shortened(message));
  }

  static Optional<Condition> find(List<Condition> conditions, ConditionType type) {
    return conditions.stream().filter(c -> c.type().equals(type.name())).findFirst();
  }

  private static String shortened(String message) {
    return message.length() <= MESSAGE_LIMIT
        ? message
        : message.substring(0, MESSAGE_LIMIT - 1) + "…";
  }
}

package dev.epd.autoscaler;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What was done and what was wanted of late: what rate limits and windows are computed from.
 *
 * @param changes of the number of replicas within {@link #REMEMBERED}, oldest first
 * @param wanted what was asked for within the window of scale-ups, oldest first; looks that could not
 *     tell are left out
 * @param recommended the number that was last recommended; null when decisions are acted on
 */
public record Course(List<Change> changes, List<Wanted> wanted, @Nullable Integer recommended) {
  /** The longest period of a rate limit. */
  public static final Duration REMEMBERED = Duration.ofMinutes(30);

  /** Nothing done yet. */
  public static final Course NONE = new Course(List.of(), List.of(), null);

  /** Copies the lists. */
  public Course {
    changes = List.copyOf(changes);
    wanted = List.copyOf(wanted);
  }

  /** The number of replicas was changed. */
  public record Change(Instant at, int from, int to) {}

  /** So many replicas were asked for. */
  public record Wanted(Instant at, int replicas) {}

  /** The number of replicas at a time, given the present one. */
  int at(Instant time, int present) {
    for (Change change : changes) {
      if (!change.at().isBefore(time)) {
        return change.from();
      }
    }
    return present;
  }

  /**
   * The least that was asked for within a window that ends now; {@code asked} if it has no past.
   */
  int leastWanted(Instant since, int asked) {
    int least = asked;
    for (Wanted look : wanted) {
      if (!look.at().isBefore(since)) {
        least = Math.min(least, look.replicas());
      }
    }
    return least;
  }

  /** Whether what was asked for is known for the whole window. */
  boolean covers(Instant since) {
    return !wanted.isEmpty() && !wanted.getFirst().at().isAfter(since);
  }

  Course withWanted(int replicas, Instant now, Duration window) {
    if (window.isZero()) {
      return wanted.isEmpty() ? this : new Course(changes, List.of(), recommended);
    }
    List<Wanted> next = new ArrayList<>();
    Instant since = now.minus(window);
    for (int i = 0; i < wanted.size(); i++) {
      // The last look before the window stays: it says what was wanted when the window began.
      boolean nextIsOld = i + 1 < wanted.size() && !wanted.get(i + 1).at().isAfter(since);
      if (!nextIsOld) {
        next.add(wanted.get(i));
      }
    }
    next.add(new Wanted(now, replicas));
    return new Course(changes, next, recommended);
  }

  Course withChange(int from, int to, Instant now) {
    List<Change> next = new ArrayList<>();
    for (Change change : changes) {
      if (!change.at().isBefore(now.minus(REMEMBERED))) {
        next.add(change);
      }
    }
    next.add(new Change(now, from, to));
    return new Course(next, wanted, recommended);
  }

  Course withRecommended(@Nullable Integer replicas) {
    return Objects.equals(recommended, replicas) ? this : new Course(changes, wanted, replicas);
  }
}

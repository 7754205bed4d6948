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
 * @param wanted what was asked for within the window of scale-ups, oldest first; looks that could
 *     not tell are left out
 * @param unheeded the last look, if nobody acted on it
 */
public record Course(List<Change> changes, List<Wanted> wanted, @Nullable Unheeded unheeded) {
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

  /**
   * A look that nobody acted on.
   *
   * @param there replicas that there were
   * @param recommended replicas that were advised; as many as there were when the mode was Off
   */
  public record Unheeded(PolicySettings.Mode mode, int there, int recommended) {}

  /**
   * What of it still counts. What was only advised is no past of a pool that is acted on, and where
   * another hand has set the number, what was done before it explains nothing.
   */
  Course underMode(PolicySettings.Mode mode, int there) {
    Unheeded last = unheeded;
    if (last == null) {
      boolean ours =
          mode == PolicySettings.Mode.AUTO || changes.isEmpty() || changes.getLast().to() == there;
      return ours ? this : NONE;
    }
    boolean wasAdvice = last.mode() == PolicySettings.Mode.RECOMMEND && mode != last.mode();
    return wasAdvice || last.there() != there ? NONE : this;
  }

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
      return wanted.isEmpty() ? this : new Course(changes, List.of(), unheeded);
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
    return new Course(changes, next, unheeded);
  }

  Course withChange(int from, int to, Instant now) {
    List<Change> next = new ArrayList<>();
    for (Change change : changes) {
      if (!change.at().isBefore(now.minus(REMEMBERED))) {
        next.add(change);
      }
    }
    next.add(new Change(now, from, to));
    return new Course(next, wanted, unheeded);
  }

  Course looked(PolicySettings.Mode mode, int there, int to) {
    Unheeded look = mode == PolicySettings.Mode.AUTO ? null : new Unheeded(mode, there, to);
    return Objects.equals(unheeded, look) ? this : new Course(changes, wanted, look);
  }
}

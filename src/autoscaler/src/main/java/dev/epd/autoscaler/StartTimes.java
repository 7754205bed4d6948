package dev.epd.autoscaler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long the last starts of a pool's replicas took, from the pod's creation to its readiness.
 * Most are alike; one on a node that has to pull the image first takes ten times as long, and
 * neither a mean nor the last one says both. Immutable; computes once what every decision asks for
 * several times.
 */
public final class StartTimes {
  /** Nothing seen. */
  public static final StartTimes NONE = new StartTimes(List.of());

  private static final int KEPT = 20;

  /** A pod that took longer has waited for something, most of all for a node. */
  private static final Duration LONGEST = Duration.ofDays(1);

  /** Newest last. */
  private final List<Duration> last;

  private final @Nullable Duration usual;
  private final @Nullable Duration slow;

  /** Takes the last times, newest last; negative ones and those of days are dropped. */
  public StartTimes(List<Duration> times) {
    List<Duration> possible =
        times.stream().filter(time -> !time.isNegative() && time.compareTo(LONGEST) <= 0).toList();
    last = possible.subList(Math.max(0, possible.size() - KEPT), possible.size());
    List<Duration> sorted = last.stream().sorted().toList();
    int rank = (int) Math.ceil(0.95 * sorted.size());
    usual = sorted.isEmpty() ? null : sorted.get((sorted.size() - 1) / 2);
    slow = sorted.isEmpty() ? null : sorted.get(rank - 1);
  }

  /** What a process before this one has learned; either may be unknown. */
  public static StartTimes learned(@Nullable Duration usual, @Nullable Duration slow) {
    if (usual == null) {
      return NONE;
    }
    return slow == null || slow.compareTo(usual) <= 0
        ? new StartTimes(List.of(usual))
        : new StartTimes(List.of(slow, usual, usual));
  }

  StartTimes with(Duration time) {
    List<Duration> times = new ArrayList<>(last);
    times.add(time);
    return new StartTimes(times);
  }

  /** The median, the lower one of two; null while none was seen. */
  public @Nullable Duration usual() {
    return usual;
  }

  /** The 95th percentile by nearest rank, of few the longest; null while none was seen. */
  public @Nullable Duration slow() {
    return slow;
  }
}

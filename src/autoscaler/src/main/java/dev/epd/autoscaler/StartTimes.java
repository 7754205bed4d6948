package dev.epd.autoscaler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long the last starts of a pool's replicas took, from the pod's creation to its readiness.
 * Most are alike; one on a node that has to pull the image first takes ten times as long, and
 * neither a mean nor the last one says both.
 *
 * @param last newest last, at most {@value #KEPT}
 */
public record StartTimes(List<Duration> last) {
  /** Nothing seen. */
  public static final StartTimes NONE = new StartTimes(List.of());

  private static final int KEPT = 20;

  /** Copies the list and drops times that cannot be true. */
  public StartTimes {
    last = last.stream().filter(time -> !time.isNegative()).toList();
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
    return new StartTimes(times.subList(Math.max(0, times.size() - KEPT), times.size()));
  }

  /** The median, the lower one of two; null while none was seen. */
  public @Nullable Duration usual() {
    return last.isEmpty() ? null : last.stream().sorted().toList().get((last.size() - 1) / 2);
  }

  /** The 95th percentile by nearest rank, of few the longest; null while none was seen. */
  public @Nullable Duration slow() {
    int rank = (int) Math.ceil(0.95 * last.size());
    return last.isEmpty() ? null : last.stream().sorted().toList().get(rank - 1);
  }
}

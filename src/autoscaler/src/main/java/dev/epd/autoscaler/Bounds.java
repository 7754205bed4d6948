package dev.epd.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The limits that count at a moment, and whose they are.
 *
 * @param minBy the schedule that set {@code min}; null = the pool itself
 * @param maxBy the schedule that set {@code max}; null = the pool itself
 */
public record Bounds(int min, int max, @Nullable String minBy, @Nullable String maxBy) {

  /**
   * The pool's own bounds, moved by the schedules that are active. Of several the highest counts. A
   * maximum is never above the pool's own, which a quota may have set, and goes before a minimum.
   */
  public static Bounds at(int min, int max, List<Schedule> schedules, Instant now) {
    Schedule lowest = null;
    Schedule highest = null;
    for (Schedule schedule : schedules) {
      if (!schedule.isActive(now)) {
        continue;
      }
      lowest = higher(lowest, schedule, lowest == null ? null : lowest.min(), schedule.min());
      highest = higher(highest, schedule, highest == null ? null : highest.max(), schedule.max());
    }
    Integer scheduledMin = lowest == null ? null : lowest.min();
    Integer scheduledMax = highest == null ? null : highest.max();
    boolean cut = scheduledMax != null && scheduledMax < max;
    int most = cut && scheduledMax != null ? scheduledMax : max;
    int least = Math.min(scheduledMin != null ? scheduledMin : min, most);
    return new Bounds(
        least,
        most,
        lowest == null ? null : lowest.name(),
        cut && highest != null ? highest.name() : null);
  }

  private static @Nullable Schedule higher(
      @Nullable Schedule before, Schedule next, @Nullable Integer old, @Nullable Integer value) {
    return value != null && (old == null || value > old) ? next : before;
  }
}

package dev.epd.autoscaler;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Other bounds for a time that comes back.
 *
 * <p>A start that the clock skips in spring happens when the gap ends; one that comes twice in
 * autumn happens the first time. It lasts its duration in elapsed time.
 *
 * @param start when it begins, on the clock of the zone
 * @param duration at most {@link #LONGEST}
 * @param min fewest replicas meanwhile; null = as ever
 * @param max most replicas meanwhile; null = as ever
 */
public record Schedule(
    String name,
    Cron start,
    ZoneId zone,
    Duration duration,
    @Nullable Integer min,
    @Nullable Integer max) {

  /** How long a schedule may last. */
  public static final Duration LONGEST = Duration.ofDays(7);

  /** No clock is put back by more hours than this. */
  private static final int CLOCK_CHANGE = 3;

  /** Checks the figures. */
  public Schedule {
    if (duration.isNegative() || duration.isZero() || duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "schedule %s must last up to %s, got %s".formatted(name, LONGEST, duration));
    }
    if ((min != null && min < 0) || (max != null && max < 1)) {
      throw new IllegalArgumentException(
          "schedule %s needs min >= 0 and max >= 1, got %s and %s".formatted(name, min, max));
    }
  }

  /** Whether it counts at a time. */
  public boolean isActive(Instant now) {
    LocalDateTime local = LocalDateTime.ofInstant(now, zone);
    long days = duration.toDays() + 1;
    for (long back = 0; back <= days; back++) {
      LocalDate day = local.toLocalDate().minusDays(back);
      if (!start.matches(day)) {
        continue;
      }
      // A clock that was put back shows a time again that lies before a start of today.
      LocalTime time = start.latest(back == 0 ? soon(local.toLocalTime()) : LocalTime.MAX);
      while (time != null) {
        Instant began = instant(day.atTime(time));
        if (!began.isAfter(now)) {
          return now.isBefore(began.plus(duration));
        }
        time = time.equals(LocalTime.MIDNIGHT) ? null : start.latest(time.minusMinutes(1));
      }
    }
    return false;
  }

  private static LocalTime soon(LocalTime time) {
    return time.getHour() < 24 - CLOCK_CHANGE ? time.plusHours(CLOCK_CHANGE) : LocalTime.MAX;
  }

  private Instant instant(LocalDateTime local) {
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
    if (!offsets.isEmpty()) {
      return local.toInstant(offsets.getFirst());
    }
    ZoneOffsetTransition gap = zone.getRules().getTransition(local);
    return gap == null ? local.toInstant(ZoneOffset.UTC) : gap.getInstant();
  }
}

package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private static Schedule schedule(
      String name, String cron, String duration, @Nullable Integer min, @Nullable Integer max) {
    return new Schedule(name, Cron.parse(cron), BERLIN, Duration.parse(duration), min, max);
  }

  private static Instant berlin(String local) {
    return LocalDateTime.parse(local).atZone(BERLIN).toInstant();
  }

  @Test
  void businessHoursBeginAndEndOnTheClockOfTheZone() {
    Schedule hours = schedule("hours", "0 8 * * MON-FRI", "PT10H", 4, null);
    // 2026-07-01 is a Wednesday, summer time: 08:00 is 06:00 UTC.
    assertThat(hours.isActive(Instant.parse("2026-07-01T05:59:59Z"))).isFalse();
    assertThat(hours.isActive(Instant.parse("2026-07-01T06:00:00Z"))).isTrue();
    assertThat(hours.isActive(Instant.parse("2026-07-01T15:59:59Z"))).isTrue();
    assertThat(hours.isActive(Instant.parse("2026-07-01T16:00:00Z"))).isFalse();
    // Winter: 07:00 UTC.
    assertThat(hours.isActive(Instant.parse("2026-01-07T06:30:00Z"))).isFalse();
    assertThat(hours.isActive(Instant.parse("2026-01-07T07:00:00Z"))).isTrue();
    assertThat(hours.isActive(berlin("2026-07-04T12:00:00"))).as("Saturday").isFalse();
  }

  @Test
  void anightReachesIntoTheNextDay() {
    Schedule night = schedule("night", "30 22 * * FRI", "PT9H", 0, 1);
    assertThat(night.isActive(berlin("2026-07-03T22:30:00"))).isTrue();
    assertThat(night.isActive(berlin("2026-07-04T07:29:59"))).isTrue();
    assertThat(night.isActive(berlin("2026-07-04T07:30:00"))).isFalse();
    assertThat(night.isActive(berlin("2026-07-05T00:00:00"))).isFalse();
  }

  @Test
  void aWholeWeekIsAlwaysOn() {
    Schedule week = schedule("week", "0 0 * * SUN", "P7D", 1, null);
    for (int hour = 0; hour < 24 * 14; hour++) {
      assertThat(week.isActive(berlin("2026-06-01T00:00:00").plus(Duration.ofHours(hour))))
          .isTrue();
    }
  }

  @Test
  void aStartThatTheClockSkipsHappensWhenTheGapEnds() {
    // 2026-03-29: 02:00 becomes 03:00, 01:00 UTC.
    Schedule skipped = schedule("skipped", "30 2 * * *", "PT1H", 1, null);
    assertThat(skipped.isActive(Instant.parse("2026-03-29T00:59:59Z"))).isFalse();
    assertThat(skipped.isActive(Instant.parse("2026-03-29T01:00:00Z"))).isTrue();
    assertThat(skipped.isActive(Instant.parse("2026-03-29T01:59:59Z"))).isTrue();
    assertThat(skipped.isActive(Instant.parse("2026-03-29T02:00:00Z"))).isFalse();
  }

  @Test
  void aStartThatComesTwiceHappensOnce() {
    // 2026-10-25: 03:00 becomes 02:00, 01:00 UTC; 02:45 is 00:45 and 01:45 UTC.
    Schedule twice = schedule("twice", "45 2 * * *", "PT30M", 1, null);
    assertThat(twice.isActive(Instant.parse("2026-10-25T00:44:59Z"))).isFalse();
    assertThat(twice.isActive(Instant.parse("2026-10-25T00:45:00Z"))).isTrue();
    assertThat(twice.isActive(Instant.parse("2026-10-25T01:14:59Z")))
        .as("02:14 on the clock, for the second time")
        .isTrue();
    assertThat(twice.isActive(Instant.parse("2026-10-25T01:15:00Z"))).isFalse();
    assertThat(twice.isActive(Instant.parse("2026-10-25T01:50:00Z"))).isFalse();
  }

  @Test
  void schedulesMoveBoundsAndAreNamed() {
    Instant noon = berlin("2026-07-01T12:00:00");
    Schedule day = schedule("day", "0 8 * * *", "PT10H", 4, null);
    Schedule lunch = schedule("lunch", "0 11 * * *", "PT2H", 6, 9);
    Schedule night = schedule("night", "0 22 * * *", "PT8H", 0, 1);
    List<Schedule> all = List.of(day, lunch, night);
    assertThat(Bounds.at(1, 20, all, noon)).isEqualTo(new Bounds(6, 9, "lunch", "lunch"));
    assertThat(Bounds.at(1, 20, all, berlin("2026-07-01T09:00:00")))
        .isEqualTo(new Bounds(4, 20, "day", null));
    assertThat(Bounds.at(1, 20, all, berlin("2026-07-01T23:00:00")))
        .isEqualTo(new Bounds(0, 1, "night", "night"));
    assertThat(Bounds.at(1, 20, all, berlin("2026-07-01T20:00:00")))
        .isEqualTo(new Bounds(1, 20, null, null));
    // The pool's own maximum is never exceeded, and goes before a minimum.
    assertThat(Bounds.at(1, 3, all, noon)).isEqualTo(new Bounds(3, 3, "lunch", null));
  }

  @Test
  void aScheduleIsNamedByTheDecisionThatItBounds() {
    PoolState pool = new PoolState(1, 4, 20, List.of(), "hours", null, PoolState.START_LIMIT);
    Instant now = Instant.EPOCH;
    Decision decision =
        Scaler.decide(
            new LoadSample(now, 1, 1, 0, 0, 0, 0, java.util.Map.of("g", 0.0), java.util.Map.of()),
            pool,
            PolicySettings.DEFAULT,
            ScalerMemory.takeOver(Learned.NOTHING, now),
            now);
    assertThat(decision.to()).isEqualTo(4);
    assertThat(decision.by()).isEqualTo("hours");
    assertThat(decision.sentence()).contains("minReplicas is 4 (schedule hours)");
    assertThat(decision.inputs()).containsEntry("minReplicas", 4.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * *                | five are needed",
        "60 * * * *             | 60 lies outside 0 to 59",
        "0 24 * * *             | hour '24'",
        "0 0 0 * *              | 0 lies outside 1 to 31",
        "0 0 * 13 *             | month '13'",
        "0 0 * * 8              | 8 lies outside 0 to 7",
        "5-1 * * * *            | a range must rise",
        "0 0 * * FRI-MON        | a range must rise",
        "*/0 * * * *            | 0 lies outside 1 to 59",
        "a * * * *              | minute 'a' is not a cron field",
        "0,,5 * * * *           | is not a cron field",
        "1-2-3 * * * *          | is not a cron field",
        "@daily                 | five are needed"
      })
  void aMalformedExpressionSaysWhichFieldIsWrong(String cron, String message) {
    assertThatThrownBy(() -> Cron.parse(cron))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // cron | date | fires
        "0 0 13 * FRI   | 2026-03-13 | true",
        "0 0 13 * FRI   | 2026-03-06 | true",
        "0 0 13 * FRI   | 2026-04-13 | true",
        "0 0 13 * FRI   | 2026-04-14 | false",
        "0 0 */2 * FRI  | 2026-03-06 | false",
        "0 0 * * 7      | 2026-03-01 | true",
        "0 0 * * 0      | 2026-03-01 | true",
        "0 0 * * sun    | 2026-03-01 | true",
        "0 0 29 2 *     | 2028-02-29 | true",
        "0 0 * JAN-MAR,dec * | 2026-12-01 | true",
        "0 0 * JAN-MAR,dec * | 2026-04-01 | false",
        "0 0 1-10/3 * * | 2026-01-07 | true",
        "0 0 1-10/3 * * | 2026-01-08 | false"
      })
  void daysMatchAsInVixieCron(String cron, LocalDate day, boolean fires) {
    assertThat(Cron.parse(cron).matches(day)).isEqualTo(fires);
  }

  @Test
  void theLatestTimeOfADayIsFound() {
    Cron cron = Cron.parse("10,40 8-10/2 * * *");
    assertThat(cron.latest(LocalTime.of(8, 9))).isNull();
    assertThat(cron.latest(LocalTime.of(8, 39))).isEqualTo(LocalTime.of(8, 10));
    assertThat(cron.latest(LocalTime.of(9, 59))).isEqualTo(LocalTime.of(8, 40));
    assertThat(cron.latest(LocalTime.of(10, 5))).isEqualTo(LocalTime.of(8, 40));
    assertThat(cron.latest(LocalTime.MAX)).isEqualTo(LocalTime.of(10, 40));
    assertThat(Cron.parse("5/20 0 * * *").latest(LocalTime.MAX)).isEqualTo(LocalTime.of(0, 45));
  }

  /** Against a search minute by minute, clock changes included. */
  @Property(tries = 300)
  void isActiveAsASlowSearchSays(
      @ForAll @IntRange(min = 0, max = 59) int minute,
      @ForAll @IntRange(min = 0, max = 23) int hour,
      @ForAll DayOfWeek day,
      @ForAll @IntRange(min = 1, max = 3000) int minutes,
      @ForAll @IntRange(min = 0, max = 525_000) int at) {
    Schedule schedule =
        schedule(
            "s",
            "%d %d * * %s".formatted(minute, hour, day.name().substring(0, 3)),
            "PT" + minutes + "M",
            1,
            null);
    Instant now = Instant.parse("2026-01-01T00:00:00Z").plus(Duration.ofMinutes(at));
    boolean active = false;
    for (int back = 0; back < minutes && !active; back++) {
      Instant began = now.minus(Duration.ofMinutes(back));
      LocalDateTime local = LocalDateTime.ofInstant(began, BERLIN);
      boolean first =
          BERLIN
              .getRules()
              .getValidOffsets(local)
              .getFirst()
              .equals(BERLIN.getRules().getOffset(began));
      boolean plain =
          first
              && local.getDayOfWeek() == day
              && local.getHour() == hour
              && local.getMinute() == minute;
      LocalDateTime skipped = local.withHour(hour).withMinute(minute).withSecond(0);
      boolean gapEnds =
          local.getDayOfWeek() == day
              && BERLIN.getRules().getValidOffsets(skipped).isEmpty()
              && began.equals(
                  Objects.requireNonNull(BERLIN.getRules().getTransition(skipped)).getInstant());
      active = plain || gapEnds;
    }
    assertThat(schedule.isActive(now)).isEqualTo(active);
  }
}

package dev.epd.autoscaler;

import java.time.LocalDate;
import java.time.LocalTime;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A cron expression of five fields: minute, hour, day of month, month, day of week. Lists, ranges,
 * steps and English three-letter names; 7 is Sunday like 0. As in Vixie cron, a day matches when
 * either day field does, if both are restricted.
 */
public final class Cron {
  private static final List<String> MONTHS =
      List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
  private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

  private final String text;
  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet days;
  private final BitSet months;
  private final BitSet weekdays;
  private final boolean eitherDay;

  private Cron(String text, String[] fields) {
    this.text = text;
    this.minutes = field("minute", fields[0], 0, 59, List.of());
    this.hours = field("hour", fields[1], 0, 23, List.of());
    this.days = field("day of month", fields[2], 1, 31, List.of());
    this.months = field("month", fields[3], 1, 12, MONTHS);
    this.weekdays = field("day of week", fields[4], 0, 7, DAYS);
    if (weekdays.get(7)) {
      weekdays.set(0);
    }
    this.eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
  }

  /**
   * Reads an expression.
   *
   * @throws IllegalArgumentException naming the field that is wrong
   */
  public static Cron parse(String text) {
    String[] fields = text.strip().split("\\s+", -1);
    if (fields.length != 5) {
      throw new IllegalArgumentException(
          "cron '%s' has %d fields; five are needed: minute hour day month weekday"
              .formatted(text, fields.length));
    }
    return new Cron(text, fields);
  }

  /** Whether it fires on a day. */
  boolean matches(LocalDate day) {
    if (!months.get(day.getMonthValue())) {
      return false;
    }
    boolean byMonth = days.get(day.getDayOfMonth());
    boolean byWeek = weekdays.get(day.getDayOfWeek().getValue() % 7);
    return eitherDay ? byMonth || byWeek : byMonth && byWeek;
  }

  /** The latest time of a matching day that is not after another; null if there is none. */
  @Nullable LocalTime latest(LocalTime notAfter) {
    int hour = hours.previousSetBit(notAfter.getHour());
    if (hour < 0) {
      return null;
    }
    int minute = minutes.previousSetBit(hour == notAfter.getHour() ? notAfter.getMinute() : 59);
    if (minute >= 0) {
      return LocalTime.of(hour, minute);
    }
    int earlier = hour == 0 ? -1 : hours.previousSetBit(hour - 1);
    return earlier < 0 ? null : LocalTime.of(earlier, minutes.previousSetBit(59));
  }

  private static BitSet field(String name, String text, int low, int high, List<String> names) {
    BitSet set = new BitSet(high + 1);
    for (String part : text.split(",", -1)) {
      String[] stepped = part.split("/", -1);
      int step = stepped.length == 2 ? number(name, text, stepped[1], 1, high, List.of()) : 1;
      String[] range = stepped[0].split("-", -1);
      boolean all = stepped[0].equals("*");
      if (stepped.length > 2 || range.length > 2) {
        throw malformed(name, text);
      }
      int from = all ? low : number(name, text, range[0], low, high, names);
      int to;
      if (all) {
        to = high;
      } else if (range.length == 2) {
        to = number(name, text, range[1], low, high, names);
      } else {
        // 5/15 is cron's way to say "from 5 on, every 15".
        to = stepped.length == 2 ? high : from;
      }
      if (to < from) {
        throw new IllegalArgumentException(
            "%s '%s': a range must rise, %d-%d does not".formatted(name, text, from, to));
      }
      for (int value = from; value <= to; value += step) {
        set.set(value);
      }
    }
    return set;
  }

  private static int number(
      String name, String text, String part, int low, int high, List<String> names) {
    int named = names.indexOf(part.toUpperCase(Locale.ROOT));
    if (named >= 0) {
      return low == 0 ? named : named + 1;
    }
    if (part.isEmpty() || part.length() > 2 || !part.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw malformed(name, text);
    }
    int value = Integer.parseInt(part);
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          "%s '%s': %d lies outside %d to %d".formatted(name, text, value, low, high));
    }
    return value;
  }

  private static IllegalArgumentException malformed(String name, String text) {
    return new IllegalArgumentException("%s '%s' is not a cron field".formatted(name, text));
  }

  @Override
  public String toString() {
    return text;
  }
}

package dev.epd.operator.faults;

import dev.epd.operator.faults.Points.Point;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What became of a point.
 *
 * @param reached whether the fault happened; status writes fall together now and then, and a run
 *     may end before its writes reach the point
 * @param seconds from the fault (or the restart after it) to the end state
 * @param complaint empty if all was well
 */
record Outcome(Point point, boolean reached, double seconds, String complaint) {
  boolean passed() {
    return complaint.isEmpty();
  }

  /** The point's label by a row of results, if it was reached and passed. */
  static Stream<String> passed(String row) {
    String[] cells = row.split(",", -1);
    return cells[3].equals("true") && cells[5].equals("true")
        ? Stream.of(String.join(" ", cells[0], cells[1], cells[2]))
        : Stream.empty();
  }

  static String header() {
    return "story,write,fault,reached,seconds,passed";
  }

  String row() {
    return String.format(
        Locale.ROOT,
        "%s,%d,%s,%b,%.1f,%b",
        point.story(),
        point.write(),
        point.fault().label(),
        reached,
        seconds,
        passed());
  }
}

package dev.epd.gateway.routing;

import java.util.List;

/**
 * Cuts an answer at the first stop string. Text in which one may be beginning is held back until it
 * is clear. Not thread-safe.
 */
final class StopText {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  StopText(List<String> stops) {
    this.stops = stops;
  }

  /** The text that may be sent now. After a stop string: nothing more, ever. */
  String append(String text) {
    if (stopped || text.isEmpty()) {
      return "";
    }
    if (stops.isEmpty()) {
      return text;
    }
    held.append(text);
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    stopped = first >= 0;
    return take(stopped ? first : held.length() - beginning());
  }

  /** What is still held back, at the end of the answer. */
  String flush() {
    return stopped ? "" : take(held.length());
  }

  boolean stopped() {
    return stopped;
  }

  private String take(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }

  /** Length of the longest end of the text that is the beginning of a stop string. */
  private int beginning() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (held.substring(held.length() - n).equals(stop.substring(0, n))) {
          longest = n;
        }
      }
    }
    return longest;
  }
}

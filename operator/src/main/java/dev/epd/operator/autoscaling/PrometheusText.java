package dev.epd.operator.autoscaling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the Prometheus text format, version 0.0.4: one series a line, {@code name{label="value"}
 * value [timestamp]}; comments and timestamps are skipped.
 */
final class PrometheusText {

  /** One line of figures. */
  record Series(String name, Map<String, String> labels, double value) {
    Series {
      labels = Map.copyOf(labels);
    }
  }

  private final String line;
  private final int number;
  private int at;

  private PrometheusText(String line, int number) {
    this.line = line;
    this.number = number;
  }

  /**
   * Parses a whole page.
   *
   * @throws IllegalArgumentException with line and column for text that is not in the format
   */
  static List<Series> parse(String text) {
    List<Series> series = new ArrayList<>();
    int number = 0;
    for (String raw : text.split("\n", -1)) {
      number++;
      String line = raw.strip();
      if (!line.isEmpty() && line.charAt(0) != '#') {
        series.add(new PrometheusText(line, number).series());
      }
    }
    return series;
  }

  private Series series() {
    String name = name();
    Map<String, String> labels = new LinkedHashMap<>();
    skipBlanks();
    if (peek() == '{') {
      at++;
      skipBlanks();
      while (peek() != '}') {
        String label = name();
        skipBlanks();
        expect('=');
        skipBlanks();
        labels.put(label, quoted());
        skipBlanks();
        if (peek() == ',') {
          at++;
          skipBlanks();
        } else if (peek() != '}') {
          throw malformed("expected ',' or '}' after a label");
        }
      }
      at++;
    }
    skipBlanks();
    double value = number(word());
    skipBlanks();
    if (at < line.length()) {
      timestamp(word());
    }
    skipBlanks();
    if (at < line.length()) {
      throw malformed("unexpected text after the value");
    }
    return new Series(name, labels, value);
  }

  private String name() {
    int start = at;
    while (at < line.length() && isNameChar(line.charAt(at), at > start)) {
      at++;
    }
    if (at == start) {
      throw malformed("expected a name");
    }
    return line.substring(start, at);
  }

  private static boolean isNameChar(char c, boolean digitAllowed) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '_'
        || c == ':'
        || (digitAllowed && c >= '0' && c <= '9');
  }

  private String quoted() {
    expect('"');
    StringBuilder value = new StringBuilder();
    while (at < line.length()) {
      char c = line.charAt(at++);
      if (c == '"') {
        return value.toString();
      }
      if (c != '\\') {
        value.append(c);
        continue;
      }
      char escaped = peek();
      at++;
      switch (escaped) {
        case 'n' -> value.append('\n');
        case '\\', '"' -> value.append(escaped);
        default -> value.append('\\').append(escaped);
      }
    }
    throw malformed("a label value has no closing quote");
  }

  private String word() {
    int start = at;
    while (at < line.length() && !Character.isWhitespace(line.charAt(at))) {
      at++;
    }
    if (at == start) {
      throw malformed("expected a value");
    }
    return line.substring(start, at);
  }

  private double number(String word) {
    return switch (word) {
      case "NaN" -> Double.NaN;
      case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> {
        char last = word.charAt(word.length() - 1);
        // Double.parseDouble also takes Java's own suffixes and spellings, which are not the
        // format's.
        if ((last < '0' || last > '9') && last != '.') {
          throw malformed("'" + word + "' is not a number");
        }
        try {
          yield Double.parseDouble(word);
        } catch (NumberFormatException e) {
          throw malformed("'" + word + "' is not a number");
        }
      }
    };
  }

  private void timestamp(String word) {
    try {
      Long.parseLong(word);
    } catch (NumberFormatException e) {
      throw malformed("'" + word + "' is not a timestamp");
    }
  }

  private void skipBlanks() {
    while (at < line.length() && Character.isWhitespace(line.charAt(at))) {
      at++;
    }
  }

  private char peek() {
    if (at >= line.length()) {
      return '\0';
    }
    return line.charAt(at);
  }

  private void expect(char c) {
    if (peek() != c) {
      throw malformed("expected '" + c + "'");
    }
    at++;
  }

  private IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException(
        "metrics line %d, column %d: %s".formatted(number, at + 1, what));
  }
}

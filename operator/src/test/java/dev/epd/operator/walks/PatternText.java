package dev.epd.operator.walks;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Texts that match a pattern of a schema: literals, classes, groups, alternatives, quantifiers. */
final class PatternText {
  private static final int MOST_REPEATS = 3;
  private static final String ANYTHING = "abcxyzABCXYZ0189";

  private final String pattern;
  private int at;

  private interface Part {
    void emit(StringBuilder out, Random random);
  }

  private PatternText(String pattern) {
    this.pattern = pattern;
  }

  static String matching(String pattern, Random random) {
    Part whole = new PatternText(pattern).alternatives();
    StringBuilder text = new StringBuilder();
    whole.emit(text, random);
    return text.toString();
  }

  private Part alternatives() {
    List<Part> all = new ArrayList<>();
    all.add(sequence());
    while (at < pattern.length() && pattern.charAt(at) == '|') {
      at++;
      all.add(sequence());
    }
    return (out, random) -> all.get(random.nextInt(all.size())).emit(out, random);
  }

  private Part sequence() {
    List<Part> parts = new ArrayList<>();
    while (at < pattern.length() && "|)".indexOf(pattern.charAt(at)) < 0) {
      char c = pattern.charAt(at);
      if (c == '^' || c == '$') {
        at++;
      } else {
        parts.add(quantified(atom()));
      }
    }
    return (out, random) -> parts.forEach(p -> p.emit(out, random));
  }

  private Part atom() {
    char c = pattern.charAt(at++);
    switch (c) {
      case '(' -> {
        Part inner = alternatives();
        at++;
        return inner;
      }
      case '[' -> {
        int end = pattern.indexOf(']', at);
        String chars = classOf(pattern.substring(at, end));
        at = end + 1;
        return oneOf(chars);
      }
      case '.' -> {
        return oneOf(ANYTHING);
      }
      case '\\' -> {
        char escaped = pattern.charAt(at++);
        return switch (escaped) {
          case 'S', 'w' -> oneOf(ANYTHING);
          case 'd' -> oneOf("0123456789");
          default -> oneOf(String.valueOf(escaped));
        };
      }
      default -> {
        return oneOf(String.valueOf(c));
      }
    }
  }

  private static Part oneOf(String chars) {
    return (out, random) -> out.append(chars.charAt(random.nextInt(chars.length())));
  }

  private static String classOf(String inside) {
    StringBuilder chars = new StringBuilder();
    for (int i = 0; i < inside.length(); i++) {
      if (i + 2 < inside.length() && inside.charAt(i + 1) == '-') {
        for (char c = inside.charAt(i); c <= inside.charAt(i + 2); c++) {
          chars.append(c);
        }
        i += 2;
      } else {
        chars.append(inside.charAt(i));
      }
    }
    return chars.toString();
  }

  private Part quantified(Part part) {
    if (at >= pattern.length()) {
      return part;
    }
    int least;
    int most;
    switch (pattern.charAt(at)) {
      case '*' -> {
        least = 0;
        most = MOST_REPEATS;
        at++;
      }
      case '+' -> {
        least = 1;
        most = MOST_REPEATS;
        at++;
      }
      case '?' -> {
        least = 0;
        most = 1;
        at++;
      }
      case '{' -> {
        int end = pattern.indexOf('}', at);
        String[] bounds = pattern.substring(at + 1, end).split(",", -1);
        least = Integer.parseInt(bounds[0]);
        most =
            bounds.length == 1
                ? least
                : bounds[1].isEmpty() ? least + MOST_REPEATS : Integer.parseInt(bounds[1]);
        at = end + 1;
      }
      default -> {
        return part;
      }
    }
    int from = least;
    int to = Math.min(most, from + MOST_REPEATS);
    return (out, random) -> {
      int times = from + random.nextInt(to - from + 1);
      for (int i = 0; i < times; i++) {
        part.emit(out, random);
      }
    };
  }
}

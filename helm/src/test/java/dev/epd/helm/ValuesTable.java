package dev.epd.helm;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The table of values in the chart's README, made of the comments that begin with "# --" in
 * values.yaml, the way of helm-docs.
 */
final class ValuesTable {
  private static final String BEGIN = "<!-- values: written by `make chart` -->\n";
  private static final String END = "<!-- end of values -->\n";
  private static final String COMMENT = "# -- ";
  private static final Pattern KEY = Pattern.compile("^( *)([A-Za-z0-9_]+):.*$");

  private ValuesTable() {}

  /** The README with its table replaced. */
  static String into(String readme, String values) {
    int from = readme.indexOf(BEGIN);
    int to = readme.indexOf(END);
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("README.md lacks the marks of the table");
    }
    Map<?, ?> defaults = Serialization.unmarshal(values, Map.class);
    StringBuilder table = new StringBuilder("| value | default | |\n|---|---|---|\n");
    descriptions(values)
        .forEach(
            (path, description) ->
                table.append(
                    "| `%s` | `%s` | %s |\n"
                        .formatted(path, flow(at(defaults, path)), description)));
    return readme.substring(0, from + BEGIN.length()) + table + readme.substring(to);
  }

  /** What is said of each described value, by its path. */
  static Map<String, String> descriptions(String values) {
    Map<String, String> out = new LinkedHashMap<>();
    Deque<String> path = new ArrayDeque<>();
    String description = "";
    for (String line : values.lines().toList()) {
      Matcher key = KEY.matcher(line);
      if (line.strip().startsWith(COMMENT)) {
        description = line.strip().substring(COMMENT.length());
      } else if (key.matches()) {
        while (path.size() > key.group(1).length() / 2) {
          path.removeLast();
        }
        path.addLast(key.group(2));
        if (!description.isEmpty()) {
          out.put(String.join(".", path), description);
          description = "";
        }
      }
    }
    return out;
  }

  private static @Nullable Object at(Map<?, ?> values, String path) {
    Object at = values;
    for (String key : path.split("\\.", -1)) {
      at = at instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return at;
  }

  private static String flow(@Nullable Object value) {
    return switch (value) {
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(e -> e.getKey() + ": " + flow(e.getValue()))
              .collect(Collectors.joining(", ", "{", "}"));
      case List<?> list ->
          list.stream().map(ValuesTable::flow).collect(Collectors.joining(", ", "[", "]"));
      case String text when text.isEmpty() || text.chars().allMatch(Character::isDigit) ->
          '"' + text + '"';
      case null, default -> String.valueOf(value);
    };
  }
}

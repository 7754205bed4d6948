package dev.epd.operator.walks;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One change of a spec.
 *
 * @param path from the spec on; the items of lists by their number
 * @param value null: the field is removed
 */
public record Change(Kind kind, List<String> path, @Nullable JsonNode value) {
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  /** What the schema thinks of the new value. */
  public enum Kind {
    VALID,
    BOUNDARY,
    /** Against the schema: the API server must not let it in. */
    INVALID,
    REMOVED,
    /** Where the schema is open: let in or not, but never as if it said what it does not. */
    OPEN
  }

  public Change {
    path = List.copyOf(path);
  }

  /** Whether a message speaks of the field, or of what it is part of. */
  public boolean isNamedBy(String message) {
    List<String> names = path.stream().filter(p -> !NUMBER.matcher(p).matches()).toList();
    return names.subList(Math.max(0, names.size() - 4), names.size()).stream()
            .anyMatch(name -> isWordOf(message, name))
        || (value != null && isNamedWithin(value, message));
  }

  /** As part of an object's name, such as one-gateway, it speaks of no field. */
  private static boolean isWordOf(String message, String name) {
    return Pattern.compile("(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])")
        .matcher(message)
        .find();
  }

  private static boolean isNamedWithin(JsonNode value, String message) {
    if (value.properties().stream().anyMatch(e -> message.contains(e.getKey()))) {
      return true;
    }
    for (JsonNode part : value) {
      if (isNamedWithin(part, message)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    String text = value == null ? "(removed)" : value.toString();
    return kind
        + " "
        + String.join(".", path)
        + " = "
        + (text.length() <= 200 ? text : text.substring(0, 200) + "…");
  }
}

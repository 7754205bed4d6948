package dev.epd.planner;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Quantities in a template. The API server answers a malformed one with an internal error that
 * names no field, and computes for minutes with a long exponent.
 */
final class TemplateQuantities {
  private static final Set<String> MAPS = Set.of("requests", "limits");
  private static final Pattern QUANTITY =
      Pattern.compile(
          "[+-]?([0-9]{1,32}([.][0-9]{0,32})?|[.][0-9]{1,32})"
              + "([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2})?");

  private TemplateQuantities() {}

  /**
   * The first quantity of a field that is none.
   *
   * @param path of what the field is in
   * @return empty: all are, or the field holds none; otherwise the path from the field on
   */
  static Optional<String> firstBad(String path, String field, JsonNode value) {
    if (path.endsWith(".resources") && MAPS.contains(field) && value.isObject()) {
      return value.properties().stream()
          .filter(e -> !isQuantity(e.getValue()))
          .map(Map.Entry::getKey)
          .findFirst()
          .map(key -> "." + key);
    }
    boolean isOne =
        (path.endsWith(".emptyDir") && field.equals("sizeLimit"))
            || (path.endsWith(".resourceFieldRef") && field.equals("divisor"));
    return isOne && !isQuantity(value) ? Optional.of("") : Optional.empty();
  }

  private static boolean isQuantity(JsonNode value) {
    return value.isValueNode() && QUANTITY.matcher(value.asText()).matches();
  }
}

package dev.epd.planner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Strategic merge of a partial pod template: objects field by field, lists of named things by their
 * key, everything else replaced. Keys are those of the Kubernetes API (patchMergeKey of core/v1).
 */
final class StrategicMerge {
  private static final Map<String, String> KEYS =
      Map.ofEntries(
          Map.entry("containers", "name"),
          Map.entry("initContainers", "name"),
          Map.entry("volumes", "name"),
          Map.entry("env", "name"),
          Map.entry("volumeMounts", "mountPath"),
          Map.entry("volumeDevices", "devicePath"),
          Map.entry("ports", "containerPort"),
          Map.entry("imagePullSecrets", "name"),
          Map.entry("topologySpreadConstraints", "topologyKey"),
          Map.entry("hostAliases", "ip"),
          Map.entry("resourceClaims", "name"));

  private StrategicMerge() {}

  /** {@code overlay} onto {@code base}; neither is changed. */
  static ObjectNode merge(ObjectNode base, ObjectNode overlay) {
    ObjectNode result = base.deepCopy();
    for (var field : overlay.properties()) {
      String name = field.getKey();
      JsonNode over = field.getValue();
      JsonNode under = result.get(name);
      if (under instanceof ObjectNode a && over instanceof ObjectNode b) {
        result.set(name, merge(a, b));
      } else if (under instanceof ArrayNode a && over instanceof ArrayNode b && keyed(name)) {
        result.set(name, mergeByKey(a, b, KEYS.getOrDefault(name, "name")));
      } else {
        result.set(name, over.deepCopy());
      }
    }
    return result;
  }

  private static boolean keyed(String field) {
    return KEYS.containsKey(field);
  }

  private static ArrayNode mergeByKey(ArrayNode base, ArrayNode overlay, String key) {
    ArrayNode result = base.deepCopy();
    for (JsonNode item : overlay) {
      int at = indexOf(result, item, key);
      if (at < 0) {
        result.add(item.deepCopy());
      } else if (result.get(at) instanceof ObjectNode a && item instanceof ObjectNode b) {
        result.set(at, merge(a, b));
      }
    }
    return result;
  }

  private static int indexOf(ArrayNode list, JsonNode item, String key) {
    JsonNode wanted = item.get(key);
    for (int i = 0; wanted != null && i < list.size(); i++) {
      if (wanted.equals(list.get(i).get(key))) {
        return i;
      }
    }
    return -1;
  }
}

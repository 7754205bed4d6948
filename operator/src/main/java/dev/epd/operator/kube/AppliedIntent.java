package dev.epd.operator.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a server-side apply would change nothing, told without asking: the live object's managed
 * fields name exactly what this manager applied last, and each of these fields still has its value.
 * Both ways: a field that the intent no longer has must not be among them, and one that it has
 * must.
 *
 * <p>Reads the FieldsV1 format of Kubernetes' structured-merge-diff: {@code f:name} a field, {@code
 * k:{…}} a list item by its keys, {@code v:…} a member of a set, {@code .} the item itself; an
 * empty set of fields is a leaf, which is compared as a whole.
 */
final class AppliedIntent {
  private static final Set<String> QUANTITIES =
      Set.of("requests", "limits", "capacity", "hard", "sizeLimit", "divisor");

  private AppliedIntent() {}

  /** Whether the live object holds the intent of this manager, and nothing else of his. */
  static boolean holds(HasMetadata live, HasMetadata intent, String manager) {
    Optional<JsonNode> fields =
        live.getMetadata().getManagedFields().stream()
            .filter(entry -> isApplied(entry, manager))
            .findFirst()
            .map(entry -> Serialization.jsonMapper().valueToTree(entry.getFieldsV1()));
    ObjectNode wanted = Serialization.jsonMapper().valueToTree(intent);
    wanted.remove(List.of("apiVersion", "kind"));
    wanted.withObjectProperty("metadata").remove(List.of("name", "namespace"));
    JsonNode found = Serialization.jsonMapper().valueToTree(live);
    return fields.isPresent() && agrees(fields.get(), wanted, found, false);
  }

  private static boolean isApplied(ManagedFieldsEntry entry, String manager) {
    return manager.equals(entry.getManager())
        && "Apply".equals(entry.getOperation())
        && (entry.getSubresource() == null || entry.getSubresource().isEmpty());
  }

  private static boolean agrees(
      JsonNode fields, @Nullable JsonNode wanted, @Nullable JsonNode found, boolean quantities) {
    if (wanted == null || found == null) {
      return false;
    }
    if (fields.isEmpty()) {
      return isWithin(wanted, found, quantities);
    }
    if (wanted.isArray()) {
      return itemsAgree(fields, wanted, found);
    }
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      if (field.getKey().equals(".")) {
        continue;
      }
      String name = field.getKey().substring(2);
      boolean amounts = quantities || QUANTITIES.contains(name);
      if (!agrees(field.getValue(), wanted.get(name), found.get(name), amounts)) {
        return false;
      }
    }
    return wanted.properties().stream()
        .allMatch(e -> isNothing(e.getValue()) || fields.has("f:" + e.getKey()));
  }

  /** Lists of items with keys, and sets: each item of ours is there, in our order, and no more. */
  private static boolean itemsAgree(JsonNode fields, JsonNode wanted, JsonNode found) {
    int ours = 0;
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      if (field.getKey().equals(".")) {
        continue;
      }
      ours++;
      JsonNode key = parse(field.getKey().substring(2));
      boolean isSet = field.getKey().startsWith("v:");
      int at = indexOf(wanted, key, isSet);
      int there = indexOf(found, key, isSet);
      if (at < 0 || there < 0) {
        return false;
      }
      if (!isSet && !agrees(field.getValue(), wanted.get(at), found.get(there), false)) {
        return false;
      }
    }
    return ours == wanted.size() && isInOrder(fields, wanted, found);
  }

  private static boolean isInOrder(JsonNode fields, JsonNode wanted, JsonNode found) {
    int last = -1;
    for (JsonNode item : wanted) {
      Optional<Integer> there =
          fields.properties().stream()
              .map(Map.Entry::getKey)
              .filter(k -> k.startsWith("k:") && hasKeys(item, parse(k.substring(2))))
              .map(k -> indexOf(found, parse(k.substring(2)), false))
              .findFirst();
      if (there.isPresent() && there.get() < last) {
        return false;
      }
      last = there.orElse(last);
    }
    return true;
  }

  private static int indexOf(JsonNode list, JsonNode key, boolean isSet) {
    for (int i = 0; i < list.size(); i++) {
      if (isSet ? list.get(i).equals(key) : hasKeys(list.get(i), key)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean hasKeys(JsonNode item, JsonNode keys) {
    return keys.properties().stream().allMatch(k -> k.getValue().equals(item.get(k.getKey())));
  }

  /** The API server may have added defaults to a leaf that is an object. */
  private static boolean isWithin(JsonNode wanted, JsonNode found, boolean quantities) {
    if (wanted.isObject()) {
      return found.isObject()
          && wanted.properties().stream()
              .allMatch(
                  e ->
                      isNothing(e.getValue())
                          || (found.has(e.getKey())
                              && isWithin(e.getValue(), found.get(e.getKey()), quantities)));
    }
    if (wanted.isArray()) {
      boolean equal = found.isArray() && wanted.size() == found.size();
      for (int i = 0; equal && i < wanted.size(); i++) {
        equal = isWithin(wanted.get(i), found.get(i), quantities);
      }
      return equal;
    }
    if (wanted.isNumber() && found.isNumber()) {
      return wanted.decimalValue().compareTo(found.decimalValue()) == 0;
    }
    return wanted.equals(found) || (quantities && Objects.equals(amount(wanted), amount(found)));
  }

  private static Quantity amount(JsonNode text) {
    return Quantity.parse(text.asText());
  }

  private static boolean isNothing(JsonNode node) {
    return node.isNull() || (node.isContainerNode() && node.isEmpty());
  }

  private static JsonNode parse(String json) {
    try {
      return Serialization.jsonMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not of the FieldsV1 format: " + json, e);
    }
  }
}

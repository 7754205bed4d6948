package dev.epd.operator.walks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.operator.walks.Change.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes of every field that a schema knows, and their place in a spec. */
public final class SchemaChanges {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final long BEYOND_INT = 1L << 40;

  private final JsonNode schema;
  private final Random random;

  /** Changes by the schema of a spec, drawn from the given source. */
  public SchemaChanges(JsonNode schema, Random random) {
    this.schema = schema;
    this.random = random;
  }

  /** Every change of every field. */
  public List<Change> all() {
    List<Change> changes = new ArrayList<>();
    schema
        .path("properties")
        .properties()
        .forEach(e -> collect(List.of(e.getKey()), e.getValue(), changes));
    return changes;
  }

  private void collect(List<String> path, JsonNode at, List<Change> changes) {
    changes.add(new Change(Kind.REMOVED, path, null));
    if (at.path("x-kubernetes-int-or-string").asBoolean()) {
      for (String text : OpenValues.AMOUNTS) {
        changes.add(new Change(Kind.OPEN, path, OpenValues.parse(text)));
      }
      return;
    }
    if (at.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      for (String text : OpenValues.of(path.getLast())) {
        changes.add(new Change(Kind.OPEN, path, OpenValues.parse(text)));
      }
      changes.add(new Change(Kind.INVALID, path, JSON.textNode("text")));
      return;
    }
    switch (at.path("type").asText()) {
      case "integer", "number" -> number(path, at, changes);
      case "string" -> text(path, at, changes);
      case "boolean" -> {
        changes.add(new Change(Kind.VALID, path, JSON.booleanNode(true)));
        changes.add(new Change(Kind.VALID, path, JSON.booleanNode(false)));
        changes.add(new Change(Kind.INVALID, path, JSON.textNode("yes")));
      }
      case "array" -> array(path, at, changes);
      case "object" -> object(path, at, changes);
      default -> throw new IllegalStateException(path + " has no type: " + at);
    }
  }

  private void number(List<String> path, JsonNode at, List<Change> changes) {
    long low = at.has("minimum") ? at.get("minimum").asLong() : 0;
    boolean bounded = at.has("maximum");
    long high = bounded ? at.get("maximum").asLong() : BEYOND_INT;
    changes.add(
        new Change(Kind.VALID, path, JSON.numberNode(low + random.nextLong(high - low + 1))));
    changes.add(new Change(Kind.BOUNDARY, path, JSON.numberNode(low)));
    changes.add(new Change(Kind.BOUNDARY, path, JSON.numberNode(high)));
    if (at.has("minimum")) {
      changes.add(new Change(Kind.INVALID, path, JSON.numberNode(low - 1)));
    }
    changes.add(
        new Change(
            bounded ? Kind.INVALID : Kind.BOUNDARY,
            path,
            JSON.numberNode(bounded ? high + 1 : Long.MAX_VALUE)));
    changes.add(new Change(Kind.INVALID, path, JSON.textNode("many")));
    if (at.path("type").asText().equals("integer")) {
      changes.add(new Change(Kind.INVALID, path, JSON.numberNode(1.5)));
    }
  }

  private void text(List<String> path, JsonNode at, List<Change> changes) {
    changes.add(new Change(Kind.INVALID, path, JSON.numberNode(7)));
    if (at.has("enum")) {
      at.get("enum").forEach(v -> changes.add(new Change(Kind.VALID, path, v)));
      changes.add(new Change(Kind.INVALID, path, JSON.textNode("Nonsense")));
      return;
    }
    int least = at.path("minLength").asInt(0);
    int most = at.path("maxLength").asInt(2000);
    if (at.has("pattern")) {
      String pattern = at.get("pattern").asText();
      for (int i = 0; i < 3; i++) {
        changes.add(
            new Change(Kind.VALID, path, JSON.textNode(PatternText.matching(pattern, random))));
      }
      changes.add(new Change(Kind.INVALID, path, JSON.textNode("not like § this")));
    } else {
      changes.add(new Change(Kind.VALID, path, JSON.textNode("word-" + random.nextInt(1000))));
      changes.add(new Change(Kind.BOUNDARY, path, JSON.textNode("x".repeat(Math.max(1, least)))));
      changes.add(new Change(Kind.BOUNDARY, path, JSON.textNode("x".repeat(most))));
      changes.add(new Change(Kind.OPEN, path, JSON.textNode("Zwei Wörter\nund /..")));
    }
    changes.add(new Change(least > 0 ? Kind.INVALID : Kind.BOUNDARY, path, JSON.textNode("")));
    if (at.has("maxLength")) {
      changes.add(new Change(Kind.INVALID, path, JSON.textNode("x".repeat(most + 1))));
    }
  }

  private void array(List<String> path, JsonNode at, List<Change> changes) {
    JsonNode items = at.path("items");
    changes.add(new Change(Kind.BOUNDARY, path, JSON.arrayNode()));
    changes.add(new Change(Kind.VALID, path, JSON.arrayNode().add(least(items))));
    changes.add(new Change(Kind.INVALID, path, JSON.textNode("one")));
    if (at.path("x-kubernetes-list-type").asText().equals("map")) {
      ArrayNode twice = JSON.arrayNode().add(least(items));
      changes.add(new Change(Kind.INVALID, path, twice.add(twice.get(0).deepCopy())));
    }
    if (at.has("maxItems")) {
      ArrayNode many = JSON.arrayNode();
      for (int i = 0; i <= at.get("maxItems").asInt(); i++) {
        many.add(least(items));
      }
      changes.add(new Change(Kind.INVALID, path, many));
    }
    List<String> first = new ArrayList<>(path);
    first.add("0");
    collect(first, items, changes);
  }

  private void object(List<String> path, JsonNode at, List<Change> changes) {
    changes.add(new Change(Kind.INVALID, path, JSON.textNode("text")));
    changes.add(
        new Change(
            at.path("required").isEmpty() ? Kind.BOUNDARY : Kind.INVALID, path, JSON.objectNode()));
    if (at.path("additionalProperties").isObject()) {
      for (String key : List.of("disk", "no key at all", "a.b/c")) {
        changes.add(new Change(Kind.OPEN, with(path, key), JSON.textNode("v")));
      }
      changes.add(new Change(Kind.OPEN, with(path, "disk"), JSON.textNode("no value at all")));
      changes.add(new Change(Kind.INVALID, with(path, "disk"), JSON.numberNode(1)));
    }
    at.path("properties")
        .properties()
        .forEach(e -> collect(with(path, e.getKey()), e.getValue(), changes));
  }

  private static List<String> with(List<String> path, String next) {
    List<String> longer = new ArrayList<>(path);
    longer.add(next);
    return longer;
  }

  /** The least that a schema lets in. */
  private JsonNode least(JsonNode at) {
    if (at.has("default")) {
      return at.get("default").deepCopy();
    }
    if (at.has("enum")) {
      return at.get("enum").get(0);
    }
    return switch (at.path("type").asText()) {
      case "integer", "number" -> JSON.numberNode(at.path("minimum").asLong(0));
      case "boolean" -> JSON.booleanNode(false);
      case "array" -> {
        ArrayNode list = JSON.arrayNode();
        for (int i = 0; i < at.path("minItems").asInt(0); i++) {
          list.add(least(at.path("items")));
        }
        yield list;
      }
      case "object" -> leastObject(at);
      default ->
          JSON.textNode(
              at.has("pattern")
                  ? PatternText.matching(at.get("pattern").asText(), random)
                  : "word");
    };
  }

  private ObjectNode leastObject(JsonNode at) {
    ObjectNode object = JSON.objectNode();
    at.path("required")
        .forEach(
            name -> object.set(name.asText(), least(at.path("properties").path(name.asText()))));
    return object;
  }

  /** How much of a change's path a spec has already. */
  public static int depthIn(JsonNode spec, Change change) {
    JsonNode node = spec;
    int depth = 0;
    for (String name : change.path()) {
      node = node.isArray() ? node.path(Integer.parseInt(name)) : node.path(name);
      if (node.isMissingNode()) {
        return depth;
      }
      depth++;
    }
    return depth;
  }

  /** The spec with a change; what the field needs around it is made. */
  public ObjectNode applied(ObjectNode spec, Change change) {
    ObjectNode changed = spec.deepCopy();
    JsonNode node = changed;
    JsonNode at = schema;
    List<String> path = change.path();
    for (int i = 0; i < path.size() - 1; i++) {
      JsonNode below = below(at, path.get(i));
      JsonNode child = child(node, path.get(i));
      if (child.isMissingNode() || child.isNull()) {
        if (change.value() == null) {
          return changed;
        }
        child = below.path("type").asText().equals("array") ? JSON.arrayNode() : leastObject(below);
        set(node, path.get(i), child);
      }
      node = child;
      at = below;
    }
    if (change.value() == null) {
      if (node instanceof ObjectNode object) {
        object.remove(path.getLast());
      } else if (node instanceof ArrayNode list && !list.isEmpty()) {
        list.remove(0);
      }
    } else {
      set(node, path.getLast(), change.value().deepCopy());
    }
    return changed;
  }

  private static JsonNode below(JsonNode at, String name) {
    return switch (at.path("type").asText()) {
      case "array" -> at.path("items");
      default ->
          at.path("properties").has(name)
              ? at.path("properties").path(name)
              : at.path("additionalProperties");
    };
  }

  private static JsonNode child(JsonNode node, String name) {
    return node.isArray() ? node.path(Integer.parseInt(name)) : node.path(name);
  }

  private static void set(JsonNode node, String name, JsonNode value) {
    if (node instanceof ObjectNode object) {
      object.set(name, value);
    } else if (node instanceof ArrayNode list) {
      if (list.isEmpty()) {
        list.add(value);
      } else {
        list.set(0, value);
      }
    }
  }
}

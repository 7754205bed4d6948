package dev.epd.modelspec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** A JSON object in a file, read field by field with errors that name both. */
final class JsonFile {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path path;
  private final String prefix;
  private final JsonNode node;

  private JsonFile(Path path, String prefix, JsonNode node) {
    this.path = path;
    this.prefix = prefix;
    this.node = node;
  }

  static JsonFile read(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new ModelSpecException(
          path, "is missing; point to a complete Hugging Face checkpoint directory");
    }
    try {
      JsonNode node = JSON.readTree(Files.readAllBytes(path));
      if (!node.isObject()) {
        throw new ModelSpecException(path, "does not hold a JSON object");
      }
      return new JsonFile(path, "", node);
    } catch (JsonProcessingException e) {
      throw new ModelSpecException(path, "is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new ModelSpecException(path, "cannot be read: " + e.getMessage(), e);
    }
  }

  Path path() {
    return path;
  }

  JsonNode node() {
    return node;
  }

  boolean has(String field) {
    return node.hasNonNull(field);
  }

  /** The nested object of that name, or this object if there is none. */
  JsonFile orSelf(String field) {
    return node.path(field).isObject() ? child(field) : this;
  }

  JsonFile child(String field) {
    JsonNode value = node.path(field);
    if (!value.isObject()) {
      throw wrong(field, "an object");
    }
    return new JsonFile(path, prefix + field + ".", value);
  }

  /** A size or count: a whole number of at least 1. */
  int size(String field) {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1) {
      throw wrong(field, "a positive whole number");
    }
    return value.asInt();
  }

  int size(String field, int otherwise) {
    return has(field) ? size(field) : otherwise;
  }

  long pixels(String field, long otherwise) {
    if (!has(field)) {
      return otherwise;
    }
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 1) {
      throw wrong(field, "a positive whole number of pixels");
    }
    return value.asLong();
  }

  int id(String field) {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 0) {
      throw wrong(field, "a token id");
    }
    return value.asInt();
  }

  OptionalInt optionalId(String field) {
    return has(field) ? OptionalInt.of(id(field)) : OptionalInt.empty();
  }

  /** One id or a list of ids; empty if the field is absent. */
  List<Integer> ids(String field) {
    if (!has(field)) {
      return List.of();
    }
    return node.path(field).isArray() ? integers(field) : List.of(id(field));
  }

  List<Integer> integers(String field) {
    JsonNode value = node.path(field);
    List<Integer> out = new ArrayList<>();
    for (JsonNode item : value) {
      if (!item.isIntegralNumber() || !item.canConvertToInt() || item.asInt() < 0) {
        throw wrong(field, "a list of whole numbers");
      }
      out.add(item.asInt());
    }
    if (!value.isArray()) {
      throw wrong(field, "a list of whole numbers");
    }
    return out;
  }

  double positive(String field) {
    JsonNode value = node.path(field);
    if (!value.isNumber() || !(value.asDouble() > 0) || Double.isInfinite(value.asDouble())) {
      throw wrong(field, "a positive number");
    }
    return value.asDouble();
  }

  List<Double> channels(String field, List<Double> otherwise) {
    if (!has(field)) {
      return otherwise;
    }
    List<Double> out = new ArrayList<>();
    for (JsonNode item : node.path(field)) {
      if (!item.isNumber()) {
        throw wrong(field, "three numbers");
      }
      out.add(item.asDouble());
    }
    if (out.size() != 3) {
      throw wrong(field, "three numbers");
    }
    return out;
  }

  boolean flag(String field, boolean otherwise) {
    JsonNode value = node.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw wrong(field, "true or false");
    }
    return value.asBoolean();
  }

  String text(String field) {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      throw wrong(field, "a string");
    }
    return value.asText();
  }

  ModelSpecException wrong(String field, String expected) {
    JsonNode value = node.path(field);
    return new ModelSpecException(
        path,
        "%s%s must be %s, but %s"
            .formatted(
                prefix, field, expected, value.isMissingNode() ? "is missing" : "is " + value));
  }
}

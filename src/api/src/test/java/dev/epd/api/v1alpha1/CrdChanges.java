package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What in a definition would refuse, change or forget an object that the one before admitted, one
 * sentence each. A rule that was not there or reads otherwise counts as one that refuses: whether
 * it narrows another cannot be computed, so somebody has to say that it does not.
 */
final class CrdChanges {
  private final List<String> found = new ArrayList<>();

  private CrdChanges() {}

  static List<String> breaking(CustomResourceDefinition before, CustomResourceDefinition after) {
    CrdChanges changes = new CrdChanges();
    String kind = before.getSpec().getNames().getKind();
    changes.same(kind + ": scope", before.getSpec().getScope(), after.getSpec().getScope());
    changes.same(kind + ": names", before.getSpec().getNames(), after.getSpec().getNames());
    for (CustomResourceDefinitionVersion old : before.getSpec().getVersions()) {
      CustomResourceDefinitionVersion now =
          after.getSpec().getVersions().stream()
              .filter(v -> v.getName().equals(old.getName()))
              .findFirst()
              .orElse(null);
      if (now == null || !Boolean.TRUE.equals(now.getServed())) {
        changes.found.add(kind + ": version " + old.getName() + " is no longer served");
      } else {
        changes.same(kind + ": subresources", old.getSubresources(), now.getSubresources());
        changes.compare(
            kind, old.getSchema().getOpenAPIV3Schema(), now.getSchema().getOpenAPIV3Schema());
      }
    }
    return List.copyOf(changes.found);
  }

  private void compare(String path, JSONSchemaProps before, JSONSchemaProps after) {
    same(path + ": type", before.getType(), after.getType());
    same(path + ": format", before.getFormat(), after.getFormat());
    same(path + ": default", text(before.getDefault()), text(after.getDefault()));
    same(path + ": list type", before.getXKubernetesListType(), after.getXKubernetesListType());
    same(
        path + ": list keys",
        before.getXKubernetesListMapKeys(),
        after.getXKubernetesListMapKeys());
    same(path + ": map type", before.getXKubernetesMapType(), after.getXKubernetesMapType());
    lost(
        path,
        "int-or-string",
        before.getXKubernetesIntOrString(),
        after.getXKubernetesIntOrString());
    lost(
        path,
        "unknown fields kept",
        before.getXKubernetesPreserveUnknownFields(),
        after.getXKubernetesPreserveUnknownFields());
    lost(path, "nullable", before.getNullable(), after.getNullable());
    bounds(path, before, after);
    values(path, before, after);
    required(path, before, after);
    rules(path, before, after);
    properties(path, before, after);
    JSONSchemaProps old = ofValues(before);
    JSONSchemaProps now = ofValues(after);
    if (old != null && now != null) {
      compare(path + "{}", old, now);
    }
    if (before.getItems() != null && after.getItems() != null) {
      compare(path + "[]", before.getItems().getSchema(), after.getItems().getSchema());
    }
  }

  private void bounds(String path, JSONSchemaProps before, JSONSchemaProps after) {
    atMost(path + ": minimum", after.getMinimum(), before.getMinimum());
    atLeast(path + ": maximum", after.getMaximum(), before.getMaximum());
    atMost(path + ": minLength", after.getMinLength(), before.getMinLength());
    atLeast(path + ": maxLength", after.getMaxLength(), before.getMaxLength());
    atMost(path + ": minItems", after.getMinItems(), before.getMinItems());
    atLeast(path + ": maxItems", after.getMaxItems(), before.getMaxItems());
    atMost(path + ": minProperties", after.getMinProperties(), before.getMinProperties());
    atLeast(path + ": maxProperties", after.getMaxProperties(), before.getMaxProperties());
    if (after.getPattern() != null) {
      same(path + ": pattern", before.getPattern(), after.getPattern());
    }
  }

  private void values(String path, JSONSchemaProps before, JSONSchemaProps after) {
    Set<String> now = texts(after);
    Set<String> old = texts(before);
    if (now.isEmpty()) {
      return;
    }
    if (old.isEmpty()) {
      found.add(path + ": takes only " + now + ", took every value");
    }
    old.stream()
        .filter(v -> !now.contains(v))
        .forEach(v -> found.add(path + ": no longer takes " + v));
  }

  private void required(String path, JSONSchemaProps before, JSONSchemaProps after) {
    for (String name : orEmpty(after.getRequired())) {
      if (!orEmpty(before.getRequired()).contains(name)) {
        found.add(path + "." + name + ": is required, was not");
      }
    }
  }

  private void rules(String path, JSONSchemaProps before, JSONSchemaProps after) {
    Set<String> old = rules(before);
    rules(after).stream()
        .filter(rule -> !old.contains(rule))
        .forEach(
            rule ->
                found.add(
                    path
                        + (rule.contains("oldSelf")
                            ? ": forbids a change that was possible: "
                            : ": refuses what was admitted, or must be accepted: ")
                        + rule));
  }

  private void properties(String path, JSONSchemaProps before, JSONSchemaProps after) {
    Map<String, JSONSchemaProps> now =
        after.getProperties() == null ? Map.of() : after.getProperties();
    if (before.getProperties() == null) {
      return;
    }
    before
        .getProperties()
        .forEach(
            (name, old) -> {
              JSONSchemaProps same = now.get(name);
              if (same != null) {
                compare(path + "." + name, old, same);
              } else if (!Boolean.TRUE.equals(after.getXKubernetesPreserveUnknownFields())) {
                found.add(path + "." + name + ": was removed");
              }
            });
  }

  private void same(String what, @Nullable Object before, @Nullable Object after) {
    if (!Objects.equals(before, after)) {
      found.add(what + " changed from " + before + " to " + after);
    }
  }

  private void lost(String path, String what, @Nullable Boolean before, @Nullable Boolean after) {
    if (Boolean.TRUE.equals(before) && !Boolean.TRUE.equals(after)) {
      found.add(path + ": is no longer " + what);
    }
  }

  private void atMost(String what, @Nullable Number now, @Nullable Number old) {
    if (now != null && (old == null || now.doubleValue() > old.doubleValue())) {
      found.add(what + " is narrower: " + old + " before, " + now + " now");
    }
  }

  private void atLeast(String what, @Nullable Number now, @Nullable Number old) {
    if (now != null && (old == null || now.doubleValue() < old.doubleValue())) {
      found.add(what + " is narrower: " + old + " before, " + now + " now");
    }
  }

  private static Set<String> rules(JSONSchemaProps schema) {
    return orEmpty(schema.getXKubernetesValidations()).stream()
        .map(ValidationRule::getRule)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Of the values of a map. */
  private static @Nullable JSONSchemaProps ofValues(JSONSchemaProps map) {
    return map.getAdditionalProperties() == null ? null : map.getAdditionalProperties().getSchema();
  }

  private static Set<String> texts(JSONSchemaProps schema) {
    return orEmpty(schema.getEnum()).stream()
        .map(JsonNode::asText)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static @Nullable String text(@Nullable JsonNode node) {
    return node == null || node.isNull() ? null : node.toString();
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}

package dev.epd.api.v1alpha1;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The committed CRDs are what the types say. Rewrite them with {@code -Dupdate.crds=true}. */
class CrdFilesTest {
  private static final Path COMMITTED = Path.of("../../crds");

  @Test
  void committedFilesEqualTheTypes() throws IOException {
    Map<String, String> files = CrdFiles.generate();
    Path target = Files.createDirectories(Path.of("target/crds"));
    for (var file : files.entrySet()) {
      Files.writeString(target.resolve(file.getKey()), file.getValue());
    }
    if (Boolean.getBoolean("update.crds")) {
      Files.createDirectories(COMMITTED);
      for (var file : files.entrySet()) {
        Files.writeString(COMMITTED.resolve(file.getKey()), file.getValue());
      }
    }
    try (var committed = Files.list(COMMITTED)) {
      assertThat(committed.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(files.keySet());
    }
    for (var file : files.entrySet()) {
      assertThat(Files.readString(COMMITTED.resolve(file.getKey())))
          .as("crds/%s; rewrite with -Dupdate.crds=true", file.getKey())
          .isEqualTo(file.getValue());
    }
  }

  @Test
  void smallEnoughForClientSideApply() {
    int bytes =
        CrdFiles.generate().values().stream()
            .mapToInt(f -> f.getBytes(StandardCharsets.UTF_8).length)
            .sum();
    assertThat(bytes).isLessThan(200_000);
  }

  @Test
  void everyFieldIsDescribed() {
    List<String> bare = new ArrayList<>();
    schemas().forEach((kind, schema) -> undescribed(kind, schema, bare));
    assertThat(bare).isEmpty();
  }

  /** A string or list that a rule walks needs a bound, or the rule's cost has none. */
  @Test
  void everyStringAndListIsBounded() {
    List<String> unbounded = new ArrayList<>();
    schemas().forEach((kind, schema) -> unbounded(kind, schema, unbounded));
    assertThat(unbounded).isEmpty();
  }

  private static Map<String, JSONSchemaProps> schemas() {
    return CrdFiles.generate().values().stream()
        .map(file -> Serialization.unmarshal(file, CustomResourceDefinition.class))
        .collect(
            Collectors.toMap(
                crd -> crd.getSpec().getNames().getKind(),
                crd -> crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema()));
  }

  /**
   * A number that the types cannot hold would end every informer that reads it, and the operator
   * with them: whatever a spec admits must fit.
   */
  @Test
  void everyNumberOfASpecFitsItsType() {
    List<String> unbounded = new ArrayList<>();
    schemas()
        .forEach(
            (kind, schema) ->
                numbersWithoutMaximum(
                    kind, requireNonNull(schema.getProperties().get("spec")), unbounded));
    // The API server's integers have 64 bits, and so has this one here.
    assertThat(unbounded).isNotEmpty().allMatch(path -> path.endsWith(".tolerationSeconds"));
  }

  private static void numbersWithoutMaximum(
      String path, JSONSchemaProps schema, List<String> found) {
    if ("integer".equals(schema.getType()) && schema.getMaximum() == null) {
      found.add(path);
    }
    if (schema.getProperties() != null) {
      schema
          .getProperties()
          .forEach((n, child) -> numbersWithoutMaximum(path + "." + n, child, found));
    }
    if (schema.getItems() != null) {
      numbersWithoutMaximum(path + "[]", schema.getItems().getSchema(), found);
    }
  }

  private static void undescribed(String path, JSONSchemaProps schema, List<String> bare) {
    if (schema.getProperties() == null) {
      return;
    }
    schema
        .getProperties()
        .forEach(
            (name, child) -> {
              String childPath = path + "." + name;
              boolean described =
                  child.getDescription() != null && !child.getDescription().isBlank();
              // The API server describes metadata itself.
              if (!described && !childPath.matches("[A-Za-z]+\\.metadata")) {
                bare.add(childPath);
              }
              undescribed(childPath, child, bare);
              if (child.getItems() != null) {
                undescribed(childPath + "[]", child.getItems().getSchema(), bare);
              }
            });
  }

  private static void unbounded(String path, JSONSchemaProps schema, List<String> found) {
    boolean text = "string".equals(schema.getType()) && schema.getEnum().isEmpty();
    if (text && schema.getMaxLength() == null) {
      found.add(path);
    }
    if ("array".equals(schema.getType()) && schema.getMaxItems() == null) {
      found.add(path);
    }
    if (schema.getProperties() != null) {
      schema.getProperties().forEach((n, child) -> unbounded(path + "." + n, child, found));
    }
    if (schema.getItems() != null) {
      unbounded(path + "[]", schema.getItems().getSchema(), found);
    }
  }
}

package dev.epd.api.v1alpha1;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.TextNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * What the last accepted definitions admitted is admitted still, and means the same. After a
 * release, or when a change is meant, accept the new ones with {@code -Dupdate.baseline=true} and
 * say so in CHANGELOG.md.
 */
class CrdCompatibilityTest {
  private static final Path BASELINE = Path.of("src/test/resources/crd/baseline");
  private static final String HEAD =
      "# The schema that was accepted last; see CrdCompatibilityTest.\n";

  @Test
  void whatWasAdmittedIsAdmittedStill() throws IOException {
    for (var file : CrdFiles.generate().entrySet()) {
      Path accepted = BASELINE.resolve(file.getKey());
      if (Boolean.getBoolean("update.baseline")) {
        Files.writeString(
            accepted, HEAD + file.getValue().substring(file.getValue().indexOf('\n') + 1));
      }
      assertThat(CrdChanges.breaking(crd(Files.readString(accepted)), crd(file.getValue())))
          .as(
              "crds/%s against %s: existing objects would be refused, changed or forgotten. Keep the"
                  + " field as it was and add another one",
              file.getKey(), accepted)
          .isEmpty();
    }
  }

  /** A second version would need a conversion, and a webhook that can be down. */
  @Test
  void oneVersionIsServedAndStored() {
    for (String file : CrdFiles.generate().values()) {
      assertThat(crd(file).getSpec().getVersions())
          .singleElement()
          .satisfies(v -> assertThat(v.getServed() && v.getStorage()).isTrue());
    }
  }

  @Test
  void whatBreaksIsFound() {
    assertThat(after(spec -> {})).isEmpty();
    assertThat(after(spec -> spec.getProperties().put("more", new JSONSchemaProps()))).isEmpty();
    assertThat(after(spec -> spec.getProperties().remove("decode")))
        .containsExactly("EPDCluster.spec.decode: was removed");
    assertThat(after(spec -> required(spec, "decode")))
        .containsExactly("EPDCluster.spec.decode: is required, was not");
    assertThat(after(spec -> at(spec, "decode", "replicas").setMaximum(10.0)))
        .containsExactly(
            "EPDCluster.spec.decode.replicas: maximum is narrower: 1000.0 before, 10.0 now");
    assertThat(after(spec -> at(spec, "decode", "replicas").setMaximum(2000.0))).isEmpty();
    assertThat(after(spec -> at(spec, "decode", "replicas").setMinimum(1.0)))
        .containsExactly(
            "EPDCluster.spec.decode.replicas: minimum is narrower: 0.0 before, 1.0 now");
    assertThat(after(spec -> at(spec, "decode", "replicas").setType("string")))
        .containsExactly("EPDCluster.spec.decode.replicas: type changed from integer to string");
    assertThat(after(spec -> at(spec, "network", "policy").setEnum(List.of(new TextNode("None")))))
        .containsExactly("EPDCluster.spec.network.policy: no longer takes Managed");
    assertThat(after(spec -> at(spec, "network", "policy").setDefault(new TextNode("None"))))
        .containsExactly(
            "EPDCluster.spec.network.policy: default changed from \"Managed\" to \"None\"");
    assertThat(after(spec -> at(spec, "runtime", "image").setPattern("^r$")))
        .singleElement()
        .asString()
        .contains("runtime.image: pattern changed from");
    assertThat(after(spec -> at(spec, "runtime", "args").setMaxItems(2L)))
        .singleElement()
        .asString()
        .contains("runtime.args: maxItems is narrower");
    assertThat(after(spec -> rule(at(spec, "runtime", "image"), "size(self) < 9")))
        .containsExactly(
            "EPDCluster.spec.runtime.image: refuses what was admitted, or must be accepted:"
                + " size(self) < 9");
    assertThat(
            after(
                spec ->
                    at(spec, "decode", "placement", "nodeSelector")
                        .getAdditionalProperties()
                        .getSchema()
                        .setMaxLength(1L)))
        .singleElement()
        .asString()
        .contains("decode.placement.nodeSelector{}: maxLength is narrower");
    assertThat(after(spec -> rule(at(spec, "runtime", "image"), "self == oldSelf")))
        .containsExactly(
            "EPDCluster.spec.runtime.image: forbids a change that was possible: self == oldSelf");
    assertThat(
            after(
                spec -> at(spec, "decode", "rollout", "maxSurge").setXKubernetesIntOrString(null)))
        .anyMatch(c -> c.contains("is no longer int-or-string"));
  }

  private static void required(JSONSchemaProps schema, String name) {
    List<String> all = new ArrayList<>(schema.getRequired());
    all.add(name);
    schema.setRequired(all);
  }

  private static void rule(JSONSchemaProps schema, String text) {
    ValidationRule rule = new ValidationRule();
    rule.setRule(text);
    schema.setXKubernetesValidations(List.of(rule));
  }

  /** What is found when the cluster's spec is changed so. */
  private static List<String> after(Consumer<JSONSchemaProps> change) {
    String file = requireNonNull(CrdFiles.generate().get("epdclusters.yaml"));
    CustomResourceDefinition changed = crd(file);
    CustomResourceDefinitionVersion version = changed.getSpec().getVersions().getFirst();
    change.accept(at(version.getSchema().getOpenAPIV3Schema(), "spec"));
    return CrdChanges.breaking(crd(file), changed);
  }

  private static JSONSchemaProps at(JSONSchemaProps schema, String... path) {
    JSONSchemaProps found = schema;
    for (String name : path) {
      Map<String, JSONSchemaProps> properties = found.getProperties();
      found = requireNonNull(properties.get(name), name);
    }
    return found;
  }

  private static CustomResourceDefinition crd(String yaml) {
    return Serialization.unmarshal(yaml, CustomResourceDefinition.class);
  }
}

package dev.epd.helm;

import static dev.epd.helm.Repository.CHART;
import static dev.epd.helm.Repository.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values are closed, described, and all of them used. */
class ValuesTest {
  private static final Pattern USE = Pattern.compile("(?<![A-Za-z])\\.Values\\.([A-Za-z.]+)");

  @Test
  void theSchemaIsClosed() throws IOException {
    List<String> open = new ArrayList<>();
    collectOpen("", new ObjectMapper().readTree(text(CHART.resolve("values.schema.json"))), open);
    // Objects of Kubernetes, which the API server checks, and what a parent chart shares with all.
    assertThat(open)
        .containsExactlyInAnyOrder(
            "/properties/global",
            "/properties/extraEnv/items/properties/valueFrom",
            "/properties/networkPolicy/properties/egress/properties/extra/items/properties/to/items",
            "/properties/networkPolicy/properties/egress/properties/extra/items/properties/ports/items",
            "/properties/affinity/properties/nodeAffinity",
            "/properties/affinity/properties/podAffinity",
            "/properties/affinity/properties/podAntiAffinity",
            "/properties/topologySpreadConstraints/items");
  }

  @Test
  void everyValueIsDescribed() {
    Set<String> described = ValuesTable.descriptions(text(CHART.resolve("values.yaml"))).keySet();
    Set<String> leaves = new TreeSet<>();
    collectLeaves(
        "", Serialization.unmarshal(text(CHART.resolve("values.yaml")), Map.class), leaves);
    assertThat(leaves)
        .allMatch(
            leaf -> described.stream().anyMatch(d -> leaf.equals(d) || leaf.startsWith(d + ".")));
  }

  @Test
  void everyValueIsUsedAndEveryUseIsAValue() throws IOException {
    Set<String> leaves = new TreeSet<>();
    collectLeaves(
        "", Serialization.unmarshal(text(CHART.resolve("values.yaml")), Map.class), leaves);
    Set<String> used = new TreeSet<>();
    try (Stream<Path> files = Files.walk(CHART.resolve("templates"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        USE.matcher(text(file)).results().forEach(use -> used.add(use.group(1)));
      }
    }
    assertThat(leaves)
        .as("values without a use")
        .allMatch(leaf -> used.stream().anyMatch(u -> (leaf + ".").startsWith(u + ".")));
    assertThat(used)
        .as("uses without a value")
        .allMatch(u -> leaves.stream().anyMatch(leaf -> (leaf + ".").startsWith(u + ".")));
  }

  /** What is wrong, and the word by which its user finds it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          watchNamespace: x                        | watchNamespace
          image: {name: x}                         | name
          image: {digest: latest}                  | digest
          image: {repository: ''}                  | repository
          image: {pullPolicy: Sometimes}           | pullPolicy
          image: {pullSecrets: [registry]}         | pullSecrets
          replicaCount: two                        | replicaCount
          replicaCount: -1                         | replicaCount
          watchNamespaces: team-a                  | watchNamespaces
          watchNamespaces: [Team_A]                | watchNamespaces
          watchNamespaces: [a, a]                  | watchNamespaces
          crds: {install: Auto}                    | install
          admissionWarnings: Deny                  | admissionWarnings
          metrics: {podMonitor: {enabled: maybe}}  | podMonitor
          metrics: {podMonitor: {interval: soon}}  | interval
          logging: {level: chatty}                 | level
          logging: {level: TRACE}                  | level
          podSecurityContext: {runAsUser: 0}       | runAsUser
          securityContext: {privileged: true}      | privileged
          networkPolicy: {egress: {ports: [1]}}    | ports
          networkPolicy: {egress: {extra: [{from: []}]}} | from
          extraEnv: [{value: x}]                   | name
          fullnameOverride: Not-A-Name             | fullnameOverride
          """)
  void aWrongValueIsRefusedByName(String values, String word) throws IOException {
    Path file = Files.writeString(Files.createTempFile("values", ".yaml"), values);
    try {
      assertThatThrownBy(() -> new Helm(CHART).template().withValuesFile(file).call())
          .hasMessageContaining(word);
    } finally {
      Files.delete(file);
    }
  }

  private static void collectOpen(String at, JsonNode schema, List<String> open) {
    if (schema.isObject()) {
      boolean object = "object".equals(schema.path("type").asText());
      JsonNode additional = schema.path("additionalProperties");
      if (object
          && !additional.isObject()
          && (additional.isMissingNode() || additional.asBoolean())) {
        open.add(at);
      }
      schema.properties().forEach(e -> collectOpen(at + "/" + e.getKey(), e.getValue(), open));
    }
  }

  private static void collectLeaves(String at, Map<?, ?> values, Set<String> leaves) {
    values.forEach(
        (key, value) -> {
          String path = at.isEmpty() ? String.valueOf(key) : at + "." + key;
          if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            collectLeaves(path, map, leaves);
          } else {
            leaves.add(path);
          }
        });
  }
}

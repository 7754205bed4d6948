package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The CRDs as the types give them: file name to content. */
final class CrdFiles {
  static final List<Class<? extends HasMetadata>> KINDS =
      List.of(EPDCluster.class, EPDPool.class, EPDAutoscalingPolicy.class);

  private CrdFiles() {}

  static Map<String, String> generate() {
    Map<String, ByteArrayOutputStream> raw = new HashMap<>();
    int written =
        new CRDGenerator()
            .customResourceClasses(List.copyOf(KINDS))
            .forCRDVersions("v1")
            .withPostProcessor(new Finish())
            .withOutput(new Memory(raw))
            .generate();
    if (written != KINDS.size()) {
      throw new IllegalStateException("wanted " + KINDS.size() + " CRDs, got " + written);
    }
    Map<String, String> files = new TreeMap<>();
    for (ByteArrayOutputStream bytes : raw.values()) {
      CustomResourceDefinition crd =
          Serialization.unmarshal(
              bytes.toString(StandardCharsets.UTF_8), CustomResourceDefinition.class);
      files.put(
          crd.getSpec().getNames().getPlural() + ".yaml",
          "# Generated from src/api by CrdFilesTest; do not edit.\n" + yaml(crd));
    }
    return files;
  }

  /** Long lines as they are: broken and indented they are a tenth of the file. */
  private static String yaml(CustomResourceDefinition crd) {
    YAMLFactory lines = YAMLFactory.builder().disable(YAMLGenerator.Feature.SPLIT_LINES).build();
    try {
      JsonNode tree = Serialization.jsonMapper().valueToTree(crd);
      return new YAMLMapper(lines).writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a definition is YAML", e);
    }
  }

  private record Memory(Map<String, ByteArrayOutputStream> raw)
      implements CRDGenerator.CRDOutput<ByteArrayOutputStream> {
    @Override
    public ByteArrayOutputStream outputFor(String name) {
      return raw.computeIfAbsent(name, n -> new ByteArrayOutputStream());
    }

    @Override
    public void close() throws IOException {}
  }

  /** What the generator has no annotation for: kinds of lists, top-level descriptions. */
  private static final class Finish implements CRDPostProcessor {
    @Override
    public HasMetadata process(HasMetadata resource, String crdVersion) {
      CustomResourceDefinition crd = (CustomResourceDefinition) resource;
      crd.getSpec()
          .getVersions()
          .forEach(
              version -> {
                JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
                finish(root);
                describeRoot(crd.getSpec().getNames().getKind(), root);
                root.setRequired(List.of("spec"));
                version.setAdditionalPrinterColumns(
                    inWrittenOrder(crd, version.getAdditionalPrinterColumns()));
              });
      return crd;
    }

    /** The generator sorts columns by path; people read them in the order of the types. */
    private static List<CustomResourceColumnDefinition> inWrittenOrder(
        CustomResourceDefinition crd, List<CustomResourceColumnDefinition> columns) {
      Class<?> kind =
          KINDS.stream()
              .filter(k -> HasMetadata.getKind(k).equals(crd.getSpec().getNames().getKind()))
              .findFirst()
              .orElseThrow();
      List<String> order =
          Arrays.stream(kind.getAnnotationsByType(AdditionalPrinterColumn.class))
              .map(AdditionalPrinterColumn::name)
              .toList();
      return columns.stream()
          .sorted(Comparator.comparingInt(c -> order.indexOf(c.getName())))
          .toList();
    }

    private static void finish(JSONSchemaProps schema) {
      // A record's component and its accessor both carry the annotation: each rule comes twice.
      if (schema.getXKubernetesValidations() != null) {
        schema.setXKubernetesValidations(
            schema.getXKubernetesValidations().stream().distinct().toList());
      }
      Map<String, JSONSchemaProps> properties = schema.getProperties();
      if (properties != null) {
        properties.forEach(Finish::list);
        properties.values().forEach(Finish::finish);
      }
      if (schema.getItems() != null && schema.getItems().getSchema() != null) {
        finish(schema.getItems().getSchema());
      }
    }

    private static void list(String name, JSONSchemaProps schema) {
      List<String> keys =
          switch (name) {
            case "conditions", "signals" -> List.of("type");
            case "pools" -> List.of("role");
            case "env", "imagePullSecrets", "claims", "schedules" -> List.of("name");
            case "ratios" -> List.of("numerator", "denominator");
            default -> List.of();
          };
      if (!keys.isEmpty() && "array".equals(schema.getType())) {
        schema.setXKubernetesListType("map");
        schema.setXKubernetesListMapKeys(keys);
      } else if (name.equals("topology") && "array".equals(schema.getType())) {
        schema.setXKubernetesListType("set");
      } else if ("array".equals(schema.getType())) {
        schema.setXKubernetesListType("atomic");
      }
    }

    private static void describeRoot(String kind, JSONSchemaProps root) {
      root.setDescription(
          switch (kind) {
            case "EPDCluster" ->
                "A multimodal model served by encode, prefill and decode pools behind one gateway.";
            case "EPDPool" ->
                "The pods of one role of an EPDCluster, made by the operator; has /scale.";
            case "EPDAutoscalingPolicy" ->
                "How pools that name it in autoscaling.policyRef are scaled.";
            default -> throw new IllegalStateException("describe the kind " + kind);
          });
      describe(root, "spec", "What should be.");
      describe(root, "status", "What is, as the operator last saw it.");
    }

    private static void describe(JSONSchemaProps root, String property, String text) {
      JSONSchemaProps schema = root.getProperties().get(property);
      if (schema != null) {
        schema.setDescription(text);
      }
    }
  }
}

package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What is made of each case equals the golden files; {@code -Dupdate.golden=true} rewrites them.
 */
class GoldenTest {
  @TestFactory
  Stream<DynamicTest> plansEqualTheGoldenFiles() throws IOException {
    return Golden.all().stream()
        .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> check(golden)));
  }

  @Test
  void everySampleIsACase() throws IOException {
    try (var samples = Files.list(Path.of("../../config/samples"))) {
      assertThat(Golden.all().stream().map(Golden::name))
          .containsAll(samples.map(f -> f.getFileName().toString().replace(".yaml", "")).toList());
    }
  }

  /** `kubectl apply -f config/samples/` makes each of them. */
  @Test
  void noSampleOverwritesAnother() throws IOException {
    List<String> objects = new ArrayList<>();
    try (var samples = Files.list(Path.of("../../config/samples"))) {
      for (Path sample : samples.toList()) {
        for (String part : Files.readString(sample).split("(?m)^---$")) {
          var object = Serialization.unmarshal(part, GenericKubernetesResource.class);
          var meta = object.getMetadata();
          objects.add(object.getKind() + "/" + meta.getNamespace() + "/" + meta.getName());
        }
      }
    }
    assertThat(objects).hasSizeGreaterThan(20).doesNotHaveDuplicates();
  }

  private static void check(Golden golden) throws IOException {
    Map<String, String> planned = new TreeMap<>();
    golden.objects().forEach((file, object) -> planned.put(file, Serialization.asYaml(object)));
    if (Boolean.getBoolean("update.golden")) {
      for (Path old : written(golden)) {
        Files.delete(old);
      }
      for (var file : planned.entrySet()) {
        Files.writeString(golden.folder().resolve(file.getKey()), file.getValue());
      }
    }
    assertThat(written(golden).stream().map(p -> p.getFileName().toString()))
        .containsExactlyInAnyOrderElementsOf(planned.keySet());
    for (var file : planned.entrySet()) {
      assertThat(Files.readString(golden.folder().resolve(file.getKey())))
          .as("%s/%s; rewrite with -Dupdate.golden=true", golden.name(), file.getKey())
          .isEqualTo(file.getValue());
    }
  }

  private static List<Path> written(Golden golden) throws IOException {
    try (var files = Files.list(golden.folder())) {
      return files.filter(f -> f.getFileName().toString().startsWith("out-")).toList();
    }
  }
}

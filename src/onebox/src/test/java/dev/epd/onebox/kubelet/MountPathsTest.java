package dev.epd.onebox.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountPathsTest {
  private final MountPaths mounts =
      new MountPaths(
          Map.of(
              "/models", Path.of("/x/m"), "/models/cache/", Path.of("/x/c"), "/x", Path.of("/y")));

  @ParameterizedTest
  @CsvSource({
    "/models, /x/m",
    "/models/, /x/m/",
    "/models/qwen/config.json, /x/m/qwen/config.json",
    "/models/cache, /x/c",
    "/models/cache/a, /x/c/a",
    "/models/cached, /x/m/cached",
    "/modelsold, /modelsold",
    "/old/models, /old/models",
    "--model=/models/a, --model=/x/m/a",
    "/models:/models/cache, /x/m:/x/c",
    "file:///models/a, file:///x/m/a",
    "http://host/models, http://host/models",
    "cat /models/a && ls \"/models\", cat /x/m/a && ls \"/x/m\"",
    "nothing, nothing"
  })
  void replacesWholeSegmentsLongestFirstAndOnce(String given, String expected) {
    assertThat(mounts.rewrite(given)).isEqualTo(expected);
  }

  @Test
  void expandsReferencesAsKubernetesDoes() {
    Map<String, String> variables = Map.of("A", "1", "B", "$(A)");
    assertThat(Expansion.expand("$(A) $(B) $(C) $$(A) $A a$", variables))
        .isEqualTo("1 $(A) $(C) $(A) $A a$");
  }

  @Test
  void findsImagesByNameTagDigestAndParent() {
    ImageTable table =
        ImageTable.empty()
            .withImage("ghcr.io/epd", java.util.List.of("outer"), Map.of())
            .withImage("ghcr.io/epd/runtime", java.util.List.of("inner"), Map.of());
    assertThat(table.find("ghcr.io/epd/runtime:0.1").orElseThrow().command())
        .containsExactly("inner");
    assertThat(table.find("ghcr.io/epd/runtime@sha256:00").orElseThrow().command())
        .containsExactly("inner");
    assertThat(table.find("ghcr.io/epd/other").orElseThrow().command()).containsExactly("outer");
    assertThat(table.find("ghcr.io/epdx")).isEmpty();
    assertThat(table.find("busybox")).isEmpty();
  }
}

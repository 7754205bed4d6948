package dev.epd.helm;

import static dev.epd.helm.Repository.CHART;
import static dev.epd.helm.Repository.HOME;
import static dev.epd.helm.Repository.assertGenerated;
import static dev.epd.helm.Repository.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * What the chart holds of others is what they are now: one source for each fact. First, so that the
 * others see what it wrote.
 */
@Order(0)
class GeneratedFilesTest {

  @Test
  void theDefinitionsAreThoseOfCrds() throws IOException {
    Path copies = CHART.resolve("files/crds");
    List<Path> originals = files(HOME.resolve("crds"));
    assertThat(originals).isNotEmpty();
    for (Path original : originals) {
      assertGenerated(copies.resolve(original.getFileName()), text(original));
    }
    assertThat(files(copies).stream().map(Path::getFileName))
        .containsExactlyElementsOf(originals.stream().map(Path::getFileName).toList());
  }

  @Test
  void theRightsAreThoseOfConfigOperator() {
    assertGenerated(CHART.resolve("files/operator-rules.yaml"), rules("ClusterRole"));
    assertGenerated(CHART.resolve("files/leader-rules.yaml"), rules("Role"));
  }

  @Test
  void theReadmeListsTheValues() {
    Path readme = CHART.resolve("README.md");
    assertGenerated(readme, ValuesTable.into(text(readme), text(CHART.resolve("values.yaml"))));
  }

  /** The lines under {@code rules:} of the only object of a kind, comments included. */
  private static String rules(String kind) {
    List<String> documents =
        Arrays.stream(text(HOME.resolve("config/operator/operator.yaml")).split("(?m)^---\\n"))
            .filter(document -> document.lines().anyMatch(("kind: " + kind)::equals))
            .toList();
    assertThat(documents).as("objects of kind " + kind).hasSize(1);
    String document = documents.getFirst();
    return "  # Generated from config/operator/operator.yaml by GeneratedFilesTest; do not edit.\n"
        + document.substring(document.indexOf("\nrules:\n") + "\nrules:\n".length());
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}

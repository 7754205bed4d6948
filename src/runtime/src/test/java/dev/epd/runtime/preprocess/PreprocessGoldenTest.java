package dev.epd.runtime.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ModelSpec;
import dev.epd.modelspec.safetensors.SafetensorsFile;
import dev.epd.runtime.model.qwen25vl.Goldens;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pixels against the reference's image processor. */
class PreprocessGoldenTest {
  private static final Path GOLDENS = Goldens.models().resolve("goldens");
  private static final JsonNode INFO = Goldens.json(GOLDENS.resolve("qwen2_5_vl/images.json"));

  private static ModelSpec spec;
  private static ImagePreprocessor preprocessor;

  @BeforeAll
  static void load() {
    spec = ModelSpec.load(GOLDENS.resolve("qwen2_5_vl/hf"), "golden");
    preprocessor = new ImagePreprocessor(spec);
  }

  @AfterAll
  static void close() {
    preprocessor.close();
    spec.close();
  }

  static List<String> pictures() {
    return INFO.propertyStream().map(Map.Entry::getKey).toList();
  }

  @ParameterizedTest
  @MethodSource("pictures")
  void pixelsFromTheDecodedPicture(String name) throws Exception {
    PatchedImage got = preprocessor.process(read("decoded/" + name + ".png"));
    JsonNode grid = INFO.path(name).path("grid_thw");
    assertThat(got.grid())
        .isEqualTo(new ImageGrid(grid.get(0).asInt(), grid.get(1).asInt(), grid.get(2).asInt(), 2));
    assertThat(levels(got, name, "pixel_values_torchvision"))
        .as("byte levels from torchvision's resizer")
        .isLessThanOrEqualTo(1.001);
  }

  @ParameterizedTest
  @MethodSource("pictures")
  void pixelsFromTheOriginalFile(String name) throws Exception {
    String file = INFO.path(name).path("file").asText();
    PatchedImage got = preprocessor.process(read(file));
    // JPEG decoders may round differently; all else is exact before resizing.
    double limit = file.endsWith(".jpg") ? 6 : 1.001;
    assertThat(levels(got, name, "pixel_values_torchvision"))
        .as("byte levels from torchvision's resizer")
        .isLessThanOrEqualTo(limit);
  }

  /** Largest difference in byte levels, 0 to 255. */
  private static double levels(PatchedImage got, String name, String kind) {
    float[] values = got.patches().toArray(ValueLayout.JAVA_FLOAT);
    double max = 0;
    try (SafetensorsFile file =
        SafetensorsFile.open(GOLDENS.resolve("qwen2_5_vl/images.safetensors"))) {
      float[] expected = Goldens.floats(file, name + "." + kind);
      assertThat(values).hasSameSizeAs(expected);
      int perChannel = values.length / got.patchCount() / 3;
      for (int i = 0; i < values.length; i++) {
        double std = spec.preprocessor().std().get(i / perChannel % 3);
        max = Math.max(max, Math.abs((double) values[i] - expected[i]) * std * 255);
      }
    }
    System.out.printf("%s %s: %.4f levels%n", name, kind, max);
    return max;
  }

  private static byte[] read(String file) throws IOException {
    return Files.readAllBytes(GOLDENS.resolve("images").resolve(file));
  }
}

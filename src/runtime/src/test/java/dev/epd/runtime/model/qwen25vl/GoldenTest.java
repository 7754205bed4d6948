package dev.epd.runtime.model.qwen25vl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.modelspec.ModelSpec;
import dev.epd.modelspec.safetensors.SafetensorsFile;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.LoadedModel;
import dev.epd.runtime.model.ModelLoader;
import dev.epd.runtime.model.VisionTower;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The model against the reference implementation, single precision. */
class GoldenTest {
  private static final float TOLERANCE = 2e-4f;

  private static ModelSpec spec;
  private static LoadedModel model;
  private static VisionTower vision;
  private static LanguageModel language;

  @BeforeAll
  static void load() {
    spec = ModelSpec.load(Goldens.family().resolve("hf"), "golden");
    model = ModelLoader.load(spec, LoadOptions.all(2));
    vision = model.vision().orElseThrow();
    language = model.language().orElseThrow();
  }

  @AfterAll
  static void close() {
    model.close();
    spec.close();
  }

  static List<Goldens.Case> cases() {
    return Goldens.cases();
  }

  static List<String> pictures() {
    return Goldens.imageNames();
  }

  @ParameterizedTest
  @MethodSource("pictures")
  void embeddingsFromGoldenPixels(String name) {
    try (TensorScope scope = new TensorScope();
        SafetensorsFile file = Goldens.images()) {
      Tensor rows = vision.encode(scope, List.of(Goldens.patched(name, "pixel_values"))).getFirst();
      float[] expected = Goldens.floats(file, name + ".embeds.fp32");
      assertThat(Goldens.maxDifference(rows.toFloats(), expected)).isLessThan(TOLERANCE);
    }
  }

  @Test
  void manyPicturesInOnePassEqualEachAlone() {
    try (TensorScope scope = new TensorScope();
        SafetensorsFile file = Goldens.images()) {
      List<PatchedImage> all =
          pictures().stream().map(n -> Goldens.patched(n, "pixel_values")).toList();
      List<Tensor> rows = vision.encode(scope, all);
      for (int i = 0; i < all.size(); i++) {
        float[] expected = Goldens.floats(file, pictures().get(i) + ".embeds.fp32");
        assertThat(rows.get(i).shape()).containsExactly(all.get(i).grid().tokens(), 256);
        assertThat(Goldens.maxDifference(rows.get(i).toFloats(), expected))
            .as(pictures().get(i))
            .isLessThan(TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logitsAndTokensFromGoldenPixels(Goldens.Case c) {
    try (TensorScope scope = new TensorScope();
        KvCache cache = language.newKvCache(1, 256)) {
      Generation.Greedy got = generate(scope, cache, c, "pixel_values", 1024);
      assertThat(Goldens.maxDifference(got.firstLogits(), c.firstLogits())).isLessThan(TOLERANCE);
      assertThat(got.tokens()).isEqualTo(c.tokens());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void tokensFromTorchvisionPixels(Goldens.Case c) {
    try (TensorScope scope = new TensorScope();
        KvCache cache = language.newKvCache(1, 256)) {
      Generation.Greedy got = generate(scope, cache, c, "pixel_values_torchvision", 1024);
      assertThat(got.tokens()).isEqualTo(c.torchvisionTokens());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void chunkedPrefillGivesTheSame(Goldens.Case c) {
    try (TensorScope scope = new TensorScope();
        KvCache cache = language.newKvCache(3, 256)) {
      for (int chunk : new int[] {1, 7, 16}) {
        Generation.Greedy got = generate(scope, cache, c, "pixel_values", chunk);
        assertThat(Goldens.maxDifference(got.firstLogits(), c.firstLogits()))
            .as("chunks of %d", chunk)
            .isLessThan(TOLERANCE);
        assertThat(got.tokens()).as("chunks of %d", chunk).isEqualTo(c.tokens());
      }
    }
  }

  private static Generation.Greedy generate(
      TensorScope scope, KvCache cache, Goldens.Case c, String pixels, int chunk) {
    int slot = cache.slots() - 1;
    List<Tensor> rows =
        vision.encode(scope, c.images().stream().map(n -> Goldens.patched(n, pixels)).toList());
    int image = spec.config().tokens().image();
    float[] logits =
        Generation.prefill(
            language, cache, slot, c.ids(), c.positions(), rows, id -> id == image, chunk);
    return Generation.greedy(
        language, cache, slot, c.ids().length, c.ropeDelta(), logits, c.tokens().size());
  }
}

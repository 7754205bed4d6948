package dev.epd.runtime.model.qwen25vl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.model.DecodeRow;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.LoadedModel;
import dev.epd.runtime.model.ModelLoader;
import dev.epd.runtime.model.PrefillChunk;
import dev.epd.runtime.model.VisionTower;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import dev.epd.runtime.tensor.Torch;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What shares a pass must not change the answer: within a tolerance, and to the bit where asked
 * for.
 */
class BatchingTest {
  private static ModelSpec spec;

  @BeforeAll
  static void load() {
    spec = ModelSpec.load(Goldens.family().resolve("hf"), "golden");
  }

  @AfterAll
  static void close() {
    spec.close();
  }

  private static LoadedModel model(DType dtype, boolean deterministic) {
    return ModelLoader.load(
        spec,
        new LoadOptions(
            Set.of(LoadOptions.Part.VISION, LoadOptions.Part.LANGUAGE),
            dtype,
            2,
            deterministic,
            Device.CPU));
  }

  @Test
  void aBatchOfSequencesEqualsEachAlone() {
    try (LoadedModel model = model(DType.FLOAT32, false)) {
      List<List<Integer>> tokens = decodeTogether(model, Goldens.cases(), null);
      for (int i = 0; i < tokens.size(); i++) {
        assertThat(tokens.get(i))
            .as(Goldens.cases().get(i).name())
            .isEqualTo(Goldens.cases().get(i).tokens().subList(0, 8));
      }
    }
  }

  @Test
  void deterministicDecodingIsBitEqualInAnyCompany() {
    try (LoadedModel model = model(DType.FLOAT32, true)) {
      List<Goldens.Case> cases = Goldens.cases();
      List<float[]> together = new ArrayList<>();
      decodeTogether(model, cases, together);
      for (int i = 0; i < cases.size(); i++) {
        List<float[]> alone = new ArrayList<>();
        decodeTogether(model, List.of(cases.get(i)), alone);
        for (int step = 0; step < alone.size(); step++) {
          assertThat(together.get(step * cases.size() + i))
              .as("%s step %d", cases.get(i), step)
              .isEqualTo(alone.get(step));
        }
      }
    }
  }

  @Test
  void deterministicEncodingIsBitEqualInAnyCompany() {
    try (LoadedModel model = model(DType.FLOAT32, true);
        TensorScope scope = new TensorScope()) {
      VisionTower vision = model.vision().orElseThrow();
      List<PatchedImage> all =
          Goldens.imageNames().stream().map(n -> Goldens.patched(n, "pixel_values")).toList();
      List<Tensor> together = vision.encode(scope, all);
      for (int i = 0; i < all.size(); i++) {
        for (int again = 0; again < 4; again++) {
          assertThat(together.get(i).toFloats())
              .isEqualTo(vision.encode(scope, List.of(all.get(i))).getFirst().toFloats());
        }
      }
    }
  }

  @Test
  void anotherProcessWorthOfModelIsBitEqual() {
    Goldens.Case c = Goldens.load("three_interleaved");
    List<float[]> first = new ArrayList<>();
    List<float[]> second = new ArrayList<>();
    try (LoadedModel model = model(DType.FLOAT32, true)) {
      decodeTogether(model, List.of(c), first);
    }
    try (LoadedModel model = model(DType.FLOAT32, true)) {
      decodeTogether(model, List.of(c), second);
    }
    for (int i = 0; i < first.size(); i++) {
      assertThat(second.get(i)).isEqualTo(first.get(i));
    }
  }

  @Test
  void keysAndValuesMovedToAnotherSlotOfAnotherCacheGoOnTheSame() {
    Goldens.Case c = Goldens.load("two_compare");
    try (LoadedModel model = model(DType.FLOAT32, false);
        TensorScope scope = new TensorScope()) {
      LanguageModel language = model.language().orElseThrow();
      try (KvCache from = language.newKvCache(2, 200);
          KvCache to = language.newKvCache(4, 160)) {
        float[] logits = prefill(scope, model, from, 1, c);
        int n = c.ids().length;
        for (int layer = 0; layer < language.shape().layers(); layer++) {
          for (KvCache.Kind kind : KvCache.Kind.values()) {
            to.segment(layer, kind, 3, 0, n).copyFrom(from.segment(layer, kind, 1, 0, n));
          }
        }
        assertThat(Generation.greedy(language, to, 3, n, c.ropeDelta(), logits, 32).tokens())
            .isEqualTo(c.tokens());
      }
    }
  }

  @Test
  void layersAreToldInOrderOnceWritten() {
    Goldens.Case c = Goldens.load("text_only");
    try (LoadedModel model = model(DType.FLOAT32, false)) {
      LanguageModel language = model.language().orElseThrow();
      try (KvCache cache = language.newKvCache(1, 64)) {
        int n = c.ids().length;
        List<Integer> told = new ArrayList<>();
        List<float[]> seen = new ArrayList<>();
        language.prefill(
            cache,
            new PrefillChunk(0, 0, c.ids(), List.of(), c.positions(), false),
            layer -> {
              told.add(layer);
              seen.add(keys(cache, layer, n));
              if (layer + 1 < language.shape().layers()) {
                assertThat(keys(cache, layer + 1, n)).containsOnly(0f);
              }
            });
        assertThat(told).containsExactly(0, 1, 2, 3);
        for (int layer : told) {
          assertThat(seen.get(layer)).isEqualTo(keys(cache, layer, n));
        }
      }
    }
  }

  private static float[] keys(KvCache cache, int layer, int tokens) {
    return cache.segment(layer, KvCache.Kind.KEY, 0, 0, tokens).toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void bfloat16StaysCloseToTheReference() {
    try (LoadedModel model = model(DType.BFLOAT16, false);
        TensorScope scope = new TensorScope()) {
      LanguageModel language = model.language().orElseThrow();
      try (KvCache cache = language.newKvCache(1, 256)) {
        for (Goldens.Case c : Goldens.cases()) {
          float[] logits = prefill(scope, model, cache, 0, c);
          assertThat(cosine(logits, c.bf16FirstLogits())).as(c.name()).isGreaterThan(0.99);
          assertThat(cosine(logits, c.firstLogits())).as(c.name()).isGreaterThan(0.99);
          float[] next =
              language
                  .decode(
                      cache,
                      List.of(
                          new DecodeRow(
                              0,
                              c.ids().length,
                              c.tokens().getFirst(),
                              c.ids().length + c.ropeDelta())))[0];
          assertThat(Float.isFinite(next[0])).isTrue();
        }
      }
    }
  }

  @Test
  void badInputIsRefusedBeforeAnythingIsWritten() {
    try (LoadedModel model = model(DType.FLOAT32, false)) {
      LanguageModel language = model.language().orElseThrow();
      try (KvCache cache = language.newKvCache(2, 4)) {
        int[][] positions = new int[3][5];
        assertThatThrownBy(
                () ->
                    language.prefill(
                        cache, new PrefillChunk(0, 0, new int[5], List.of(), positions, true)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("5 tokens in slot 0");
        assertThatThrownBy(() -> language.decode(cache, List.of(new DecodeRow(0, 0, 576, 0))))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("vocabulary");
        assertThatThrownBy(
                () ->
                    language.decode(
                        cache, List.of(new DecodeRow(1, 0, 1, 0), new DecodeRow(1, 1, 1, 1))))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("twice");
        assertThat(keys(cache, 0, 4)).containsOnly(0f);
      }
    }
  }

  @Test
  void aModelLeavesNothingBehind() {
    int open = Torch.openTensors();
    Goldens.Case c = Goldens.load("one_tall");
    try (LoadedModel model = model(DType.FLOAT32, false)) {
      decodeTogether(model, List.of(c, c), null);
      int loaded = Torch.openTensors();
      for (int i = 0; i < 20; i++) {
        decodeTogether(model, List.of(c, c), null);
      }
      assertThat(Torch.openTensors()).isEqualTo(loaded);
    }
    assertThat(Torch.openTensors()).isEqualTo(open);
  }

  /**
   * Eight greedy steps of all cases in one batch; every step's logits in order of step, then case.
   */
  private static List<List<Integer>> decodeTogether(
      LoadedModel model,
      List<Goldens.Case> cases,
      @org.jspecify.annotations.Nullable List<float[]> record) {
    LanguageModel language = model.language().orElseThrow();
    List<List<Integer>> tokens = new ArrayList<>();
    try (TensorScope scope = new TensorScope();
        KvCache cache = language.newKvCache(cases.size(), 200)) {
      float[][] logits = new float[cases.size()][];
      for (int i = 0; i < cases.size(); i++) {
        tokens.add(new ArrayList<>());
        logits[i] = prefill(scope, model, cache, i, cases.get(i));
      }
      for (int step = 0; step < 8; step++) {
        List<DecodeRow> rows = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
          if (record != null) {
            record.add(logits[i]);
          }
          int best = Generation.best(logits[i]);
          tokens.get(i).add(best);
          int at = cases.get(i).ids().length + step;
          rows.add(new DecodeRow(i, at, best, at + cases.get(i).ropeDelta()));
        }
        logits = language.decode(cache, rows);
      }
    }
    return tokens;
  }

  private static float[] prefill(
      TensorScope scope, LoadedModel model, KvCache cache, int slot, Goldens.Case c) {
    List<PatchedImage> pictures =
        c.images().stream().map(n -> Goldens.patched(n, "pixel_values")).toList();
    List<Tensor> rows = model.vision().orElseThrow().encode(scope, pictures);
    int image = spec.config().tokens().image();
    return Generation.prefill(
        model.language().orElseThrow(),
        cache,
        slot,
        c.ids(),
        c.positions(),
        rows,
        id -> id == image,
        1024);
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }
}

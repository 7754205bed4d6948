package dev.epd.runtime.model.qwen25vl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.epd.modelspec.ModelSpec;
import dev.epd.modelspec.safetensors.SafetensorsFile;
import dev.epd.runtime.model.DecodeRow;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.KvWindow;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.LoadedModel;
import dev.epd.runtime.model.ModelLoader;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import dev.epd.runtime.tensor.Torch;
import dev.epd.runtime.tensor.TorchOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The model on a GPU, where there is one, against the reference implementation and the CPU. */
class GpuTest {
  private static final float TOLERANCE = 2e-4f;

  private static ModelSpec spec;
  private static LoadedModel gpu;
  private static LoadedModel cpu;

  @BeforeAll
  static void load() {
    Torch.start(TorchOptions.ofThreads(2));
    assumeTrue(Torch.choose(Optional.empty()) == Device.CUDA, "no GPU");
    spec = ModelSpec.load(Goldens.family().resolve("hf"), "golden");
    gpu = ModelLoader.load(spec, LoadOptions.all(2).on(Device.CUDA));
    cpu = ModelLoader.load(spec, LoadOptions.all(2));
  }

  @AfterAll
  static void close() {
    if (spec != null) {
      gpu.close();
      cpu.close();
      spec.close();
    }
  }

  static List<Goldens.Case> cases() {
    return Goldens.cases();
  }

  @Test
  void embeddingsEqualTheReference() {
    try (TensorScope scope = new TensorScope();
        SafetensorsFile file = Goldens.images()) {
      List<String> names = Goldens.imageNames();
      List<Tensor> together = gpu.vision().orElseThrow().encode(scope, pictures(names));
      for (int i = 0; i < names.size(); i++) {
        float[] expected = Goldens.floats(file, names.get(i) + ".embeds.fp32");
        Tensor alone =
            gpu.vision().orElseThrow().encode(scope, pictures(names.subList(i, i + 1))).getFirst();
        for (Tensor rows : List.of(alone, together.get(i))) {
          assertThat(rows.device()).isEqualTo(Device.CUDA);
          assertThat(Goldens.maxDifference(rows.toFloats(), expected))
              .as(names.get(i))
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logitsAndTokensEqualTheReference(Goldens.Case c) {
    for (int chunk : new int[] {1024, 16, 7}) {
      try (KvCache cache = gpu.language().orElseThrow().newKvCache(3, 256)) {
        float[] logits = prefill(gpu, cache, 2, c, chunk);
        assertThat(Goldens.maxDifference(logits, c.firstLogits())).isLessThan(TOLERANCE);
        assertThat(greedy(gpu, cache, 2, c, logits)).isEqualTo(c.tokens());
      }
    }
  }

  @Test
  void aBatchOfSequencesEqualsEachAlone() {
    LanguageModel language = gpu.language().orElseThrow();
    List<Goldens.Case> cases = cases();
    try (KvCache cache = language.newKvCache(cases.size(), 256)) {
      for (int i = 0; i < cases.size(); i++) {
        prefill(gpu, cache, i, cases.get(i), 1024);
      }
      for (int step = 0; step < 8; step++) {
        List<DecodeRow> rows = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
          Goldens.Case c = cases.get(i);
          int at = c.ids().length + step;
          rows.add(new DecodeRow(i, at, c.tokens().get(step), at + c.ropeDelta()));
        }
        float[][] logits = language.decode(cache, rows);
        for (int i = 0; i < cases.size(); i++) {
          assertThat(Generation.best(logits[i])).isEqualTo(cases.get(i).tokens().get(step + 1));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aCacheGoesFromGpuToGpuToCpuThroughHostMemory(Goldens.Case c) {
    int n = c.ids().length;
    try (KvCache first = gpu.language().orElseThrow().newKvCache(2, 200);
        KvCache second = gpu.language().orElseThrow().newKvCache(4, 160);
        KvCache last = cpu.language().orElseThrow().newKvCache(1, 160)) {
      float[] logits = prefill(gpu, first, 1, c, 16);
      send(first, 1, second, 3, n);
      send(second, 3, last, 0, n);
      assertThat(greedy(gpu, second, 3, c, logits)).isEqualTo(c.tokens());
      assertThat(greedy(cpu, last, 0, c, logits)).isEqualTo(c.tokens());
      assertThatThrownBy(() -> first.segment(0, KvCache.Kind.KEY, 1, 0, n))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  /** Again and again in one model, and in another one. */
  @Test
  void deterministicStepsGiveTheSameBitsEachTime() {
    LoadOptions options =
        new LoadOptions(
            Set.of(LoadOptions.Part.VISION, LoadOptions.Part.LANGUAGE),
            DType.BFLOAT16,
            2,
            true,
            Device.CUDA);
    List<Goldens.Case> cases = cases().subList(0, 4);
    Set<List<Integer>> seen = new HashSet<>();
    for (int load = 0; load < 2; load++) {
      try (LoadedModel model = ModelLoader.load(spec, options);
          KvCache cache = model.language().orElseThrow().newKvCache(1, 256)) {
        for (int time = 0; time < 4; time++) {
          List<Integer> bits = new ArrayList<>();
          for (Goldens.Case c : cases) {
            float[] logits = prefill(model, cache, 0, c, 16);
            int at = c.ids().length;
            DecodeRow row = new DecodeRow(0, at, Generation.best(logits), at + c.ropeDelta());
            float[] next = model.language().orElseThrow().decode(cache, List.of(row))[0];
            bits.add(Arrays.hashCode(logits));
            bits.add(Arrays.hashCode(next));
          }
          seen.add(bits);
        }
      }
    }
    assertThat(seen).hasSize(1);
  }

  /** As prefill and decode do it: layer by layer out, all layers in. */
  private static void send(KvCache from, int fromSlot, KvCache to, int toSlot, int tokens) {
    try (KvWindow incoming = to.incoming(toSlot, tokens + 1)) {
      for (int layer = 0; layer < from.shape().layers(); layer++) {
        try (KvWindow outgoing = from.outgoing(layer, fromSlot, 0, tokens)) {
          for (KvCache.Kind kind : KvCache.Kind.values()) {
            incoming
                .segment(layer, kind)
                .asSlice(0, (long) tokens * from.shape().tokenBytes())
                .copyFrom(outgoing.segment(layer, kind));
          }
        }
      }
      incoming.store(tokens);
    }
  }

  private static List<PatchedImage> pictures(List<String> names) {
    return names.stream().map(n -> Goldens.patched(n, "pixel_values")).toList();
  }

  private static float[] prefill(
      LoadedModel model, KvCache cache, int slot, Goldens.Case c, int chunk) {
    try (TensorScope scope = new TensorScope()) {
      List<Tensor> rows = model.vision().orElseThrow().encode(scope, pictures(c.images()));
      int image = spec.config().tokens().image();
      return Generation.prefill(
          model.language().orElseThrow(),
          cache,
          slot,
          c.ids(),
          c.positions(),
          rows,
          id -> id == image,
          chunk);
    }
  }

  private static List<Integer> greedy(
      LoadedModel model, KvCache cache, int slot, Goldens.Case c, float[] logits) {
    return Generation.greedy(
            model.language().orElseThrow(),
            cache,
            slot,
            c.ids().length,
            c.ropeDelta(),
            logits,
            c.tokens().size())
        .tokens();
  }
}

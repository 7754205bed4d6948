package dev.epd.runtime.model.qwen25vl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.modelspec.ModelConfig;
import dev.epd.modelspec.ModelSpec;
import dev.epd.modelspec.safetensors.Checkpoint;
import dev.epd.modelspec.safetensors.SafetensorsFile;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import dev.epd.runtime.tensor.Torch;
import dev.epd.runtime.tensor.TorchOptions;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hidden states after every block and layer: where a difference from the reference begins. */
class LayerByLayerTest {
  private static final float TOLERANCE = 2e-4f;
  private static final Path CHECKPOINT = Goldens.family().resolve("hf");

  private ModelSpec spec;
  private Checkpoint checkpoint;
  private SafetensorsFile debug;
  private TensorScope scope;
  private Goldens.Case conversation;

  @BeforeEach
  void open() {
    Torch.start(TorchOptions.ofThreads(2));
    spec = ModelSpec.load(CHECKPOINT, "golden");
    checkpoint = Checkpoint.open(CHECKPOINT);
    debug = SafetensorsFile.open(Goldens.family().resolve("debug.safetensors"));
    scope = new TensorScope();
    conversation = Goldens.load("one_odd_after");
  }

  @AfterEach
  void close() {
    scope.close();
    debug.close();
    checkpoint.close();
    spec.close();
  }

  @Test
  void visionBlocks() {
    ModelConfig.Vision config = spec.config().vision();
    PatchedImage image = Goldens.patched("odd", "pixel_values");
    WindowPlan plan = WindowPlan.of(config, List.of(image.grid()));
    try (QwenVision vision = QwenVision.load(config, checkpoint, CHECKPOINT, LoadOptions.all(2))) {
      int patches = image.patchCount();
      Tensor natural =
          scope.floats(
              image.patches().toArray(ValueLayout.JAVA_FLOAT), patches, image.patchValues());
      Tensor embedded = vision.script().call(scope, "embed", natural);
      same(embedded, "vision.patch_embed");

      Tensor cos = scope.floats(plan.cos(), patches, 1, config.headDim());
      Tensor sin = scope.floats(plan.sin(), patches, 1, config.headDim());
      Tensor x = scope.floats(reordered(embedded.toFloats(), plan.tokenOrder()), patches, 128);
      for (int block = 0; block < config.depth(); block++) {
        boolean full = config.fullAttentionBlocks().contains(block);
        int[] runs = full ? plan.images() : plan.windows();
        x = vision.script().call(scope, "block", x, block, cos, sin, runs, config.heads());
        same(x, "vision.block" + block + "_in_window_order");
      }
      same(
          vision.script().call(scope, "merge", x, config.depth(), 4),
          "vision.merger_in_window_order");
    }
  }

  private static float[] reordered(float[] rows, int[] tokenOrder) {
    float[] out = new float[rows.length];
    int token = rows.length / tokenOrder.length;
    for (int i = 0; i < tokenOrder.length; i++) {
      System.arraycopy(rows, tokenOrder[i] * token, out, i * token, token);
    }
    return out;
  }

  @Test
  void textLayers() {
    ModelConfig.Text config = spec.config().text();
    int n = conversation.ids().length;
    LoadOptions options = LoadOptions.all(2);
    try (QwenVision vision =
            QwenVision.load(spec.config().vision(), checkpoint, CHECKPOINT, options);
        QwenLanguage language = QwenLanguage.load(config, checkpoint, CHECKPOINT, options);
        KvCache cache = language.newKvCache(1, n)) {
      Tensor rows =
          vision.encode(scope, List.of(Goldens.patched("odd", "pixel_values"))).getFirst();
      Tensor x = language.embedTokens(scope, conversation.ids());
      language.script().run("place", x, rows, firstImageToken());
      TextRotary.Table table = new TextRotary(config).table(conversation.positions());
      Tensor cos = scope.floats(table.cos(), n, 1, config.headDim());
      Tensor sin = scope.floats(table.sin(), n, 1, config.headDim());
      int[] sizes = {config.heads(), config.kvHeads(), config.headDim()};
      for (int layer = 0; layer < config.layers(); layer++) {
        Tensor keys = cache.keys().get(layer);
        Tensor values = cache.values().get(layer);
        x =
            language
                .script()
                .call(
                    scope,
                    "prefill_layer",
                    x,
                    layer,
                    cos,
                    sin,
                    keys,
                    values,
                    0,
                    0,
                    cos,
                    sizes,
                    config.rmsNormEps());
        same(x, "text.layer" + layer);
      }
      Tensor head = language.script().call(scope, "last", x, config.rmsNormEps());
      assertThat(head.dtype()).isEqualTo(DType.FLOAT32);
      assertThat(Goldens.maxDifference(head.toFloats(), conversation.firstLogits()))
          .isLessThan(TOLERANCE);
    }
  }

  private int firstImageToken() {
    int at = 0;
    while (conversation.ids()[at] != spec.config().tokens().image()) {
      at++;
    }
    return at;
  }

  private void same(Tensor got, String name) {
    assertThat(Goldens.maxDifference(got.toFloats(), Goldens.floats(debug, name)))
        .as(name)
        .isLessThan(TOLERANCE);
  }
}

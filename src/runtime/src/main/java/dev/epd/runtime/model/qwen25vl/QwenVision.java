package dev.epd.runtime.model.qwen25vl;

import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ModelConfig;
import dev.epd.modelspec.safetensors.Checkpoint;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.VisionTower;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.ScriptModule;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The vision tower of Qwen2.5-VL ({@code Qwen2_5_VisionTransformerPretrainedModel}). */
final class QwenVision implements VisionTower, AutoCloseable {
  private final ModelConfig.Vision config;
  private final DType dtype;
  private final boolean oneByOne;
  private final ScriptModule script;
  private final TensorScope weights;
  private final int[] fullBlocks;

  private QwenVision(ModelConfig.Vision config, LoadOptions options) {
    this.config = config;
    this.dtype = options.dtype();
    this.oneByOne = options.deterministic();
    this.weights = new TensorScope(options.device());
    this.script = ScriptModule.fromResource(QwenVision.class, "vision.py.txt");
    if (options.deterministic() && options.device() == Device.CUDA) {
      script.runAsWritten();
    }
    this.fullBlocks = new int[config.depth()];
    config.fullAttentionBlocks().forEach(block -> fullBlocks[block] = 1);
  }

  static QwenVision load(
      ModelConfig.Vision config, Checkpoint checkpoint, Path directory, LoadOptions options) {
    QwenVision vision = new QwenVision(config, options);
    try {
      vision.script.setWeights(vision.read(checkpoint, directory));
      return vision;
    } catch (RuntimeException e) {
      vision.close();
      throw e;
    }
  }

  /** The script, for looking at single layers. */
  ScriptModule script() {
    return script;
  }

  private List<Tensor> read(Checkpoint checkpoint, Path directory) {
    Weights source = new Weights(checkpoint, directory, dtype, script, weights);
    long hidden = config.hiddenSize();
    long inner = config.intermediateSize();
    List<Tensor> out = new ArrayList<>();
    out.add(source.get("visual.patch_embed.proj.weight", hidden, config.patchValues()));
    for (int i = 0; i < config.depth(); i++) {
      String block = "visual.blocks." + i + ".";
      out.add(source.get(block + "norm1.weight", hidden));
      source.linear(out, block + "attn.qkv", 3 * hidden, hidden);
      source.linear(out, block + "attn.proj", hidden, hidden);
      out.add(source.get(block + "norm2.weight", hidden));
      source.linear(out, block + "mlp.gate_proj", inner, hidden);
      source.linear(out, block + "mlp.up_proj", inner, hidden);
      source.linear(out, block + "mlp.down_proj", hidden, inner);
    }
    long merged = hidden * unit();
    out.add(source.get("visual.merger.ln_q.weight", hidden));
    source.linear(out, "visual.merger.mlp.0", merged, merged);
    source.linear(out, "visual.merger.mlp.2", config.outHiddenSize(), merged);
    return out;
  }

  private int unit() {
    return config.spatialMergeSize() * config.spatialMergeSize();
  }

  @Override
  public int hidden() {
    return config.outHiddenSize();
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public List<Tensor> encode(TensorScope scope, List<PatchedImage> images) {
    images.forEach(this::check);
    List<Tensor> out = new ArrayList<>();
    if (oneByOne) {
      for (PatchedImage image : images) {
        out.addAll(pass(scope, List.of(image)));
      }
    } else if (!images.isEmpty()) {
      out.addAll(pass(scope, images));
    }
    return out;
  }

  private void check(PatchedImage image) {
    if (image.patchValues() != config.patchValues()
        || image.grid().merge() != config.spatialMergeSize()) {
      throw new IllegalArgumentException(
          "patches of %d values merged by %d, the model takes %d merged by %d"
              .formatted(
                  image.patchValues(),
                  image.grid().merge(),
                  config.patchValues(),
                  config.spatialMergeSize()));
    }
  }

  private List<Tensor> pass(TensorScope scope, List<PatchedImage> images) {
    List<ImageGrid> grids = images.stream().map(PatchedImage::grid).toList();
    WindowPlan plan = WindowPlan.of(config, grids);
    long patches = (long) plan.tokenOrder().length * unit();
    try (Arena arena = Arena.ofConfined();
        TensorScope step = weights.sibling()) {
      MemorySegment input = inWindowOrder(arena, images, plan);
      Tensor merged =
          script.call(
              step,
              "encode",
              step.load(input, DType.FLOAT32, patches, config.patchValues()),
              step.floats(plan.cos(), patches, 1, config.headDim()),
              step.floats(plan.sin(), patches, 1, config.headDim()),
              plan.windows(),
              plan.images(),
              fullBlocks,
              step.indices(plan.restore()),
              config.heads(),
              unit());
      if (images.size() == 1) {
        return List.of(scope.take(step.release(merged)));
      }
      List<Tensor> out = new ArrayList<>();
      int first = 0;
      for (ImageGrid grid : grids) {
        out.add(script.call(scope, "rows", merged, first, grid.tokens()));
        first += grid.tokens();
      }
      return out;
    }
  }

  /**
   * All patches in one piece of memory; the patches of a token stay together, so whole tokens are
   * moved.
   */
  private MemorySegment inWindowOrder(Arena arena, List<PatchedImage> images, WindowPlan plan) {
    long tokenBytes = (long) unit() * config.patchValues() * Float.BYTES;
    MemorySegment input = arena.allocate(tokenBytes * plan.tokenOrder().length, 64);
    int token = 0;
    for (PatchedImage image : images) {
      for (int i = 0; i < image.grid().tokens(); i++, token++) {
        MemorySegment.copy(
            image.patches(), i * tokenBytes, input, plan.restore()[token] * tokenBytes, tokenBytes);
      }
    }
    return input;
  }

  @Override
  public void close() {
    script.close();
    weights.close();
  }
}

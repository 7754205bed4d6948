package dev.epd.runtime.model.qwen25vl;

import dev.epd.modelspec.ModelConfig;
import dev.epd.modelspec.safetensors.Checkpoint;
import dev.epd.runtime.model.DecodeRow;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LanguageShape;
import dev.epd.runtime.model.LayerListener;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.PrefillChunk;
import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.ScriptModule;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The decoder of Qwen2.5-VL ({@code Qwen2_5_VLTextModel} and its output matrix). */
final class QwenLanguage implements LanguageModel, AutoCloseable {
  private final ModelConfig.Text config;
  private final LanguageShape shape;
  private final boolean oneByOne;
  private final ScriptModule script;
  private final Device device;
  private final TensorScope weights;
  private final TextRotary rotary;
  private final long[] sizes;

  private QwenLanguage(ModelConfig.Text config, LoadOptions options) {
    this.config = config;
    this.shape =
        new LanguageShape(
            config.layers(),
            config.kvHeads(),
            config.headDim(),
            config.hiddenSize(),
            config.vocabSize(),
            config.maxPositionEmbeddings(),
            options.dtype());
    this.oneByOne = options.deterministic();
    this.device = options.device();
    this.weights = new TensorScope(device);
    this.rotary = new TextRotary(config);
    this.sizes = new long[] {config.heads(), config.kvHeads(), config.headDim()};
    this.script = ScriptModule.fromResource(QwenLanguage.class, "language.py.txt");
    if (options.deterministic() && options.device() == Device.CUDA) {
      script.runAsWritten();
    }
  }

  static QwenLanguage load(
      ModelConfig.Text config, Checkpoint checkpoint, Path directory, LoadOptions options) {
    QwenLanguage language = new QwenLanguage(config, options);
    try {
      language.script.setWeights(language.read(checkpoint, directory));
      return language;
    } catch (RuntimeException e) {
      language.close();
      throw e;
    }
  }

  /** The script, for looking at single layers. */
  ScriptModule script() {
    return script;
  }

  private List<Tensor> read(Checkpoint checkpoint, Path directory) {
    Weights source = new Weights(checkpoint, directory, shape.dtype(), script, weights);
    long hidden = config.hiddenSize();
    long inner = config.intermediateSize();
    long queries = (long) config.heads() * config.headDim();
    long keys = (long) config.kvHeads() * config.headDim();
    List<Tensor> out = new ArrayList<>();
    Tensor embedding = source.get("model.embed_tokens.weight", config.vocabSize(), hidden);
    out.add(embedding);
    out.add(source.get("model.norm.weight", hidden));
    out.add(
        config.tieWordEmbeddings()
            ? embedding
            : source.get("lm_head.weight", config.vocabSize(), hidden));
    for (int i = 0; i < config.layers(); i++) {
      String layer = "model.layers." + i + ".";
      out.add(source.get(layer + "input_layernorm.weight", hidden));
      source.linear(out, layer + "self_attn.q_proj", queries, hidden);
      source.linear(out, layer + "self_attn.k_proj", keys, hidden);
      source.linear(out, layer + "self_attn.v_proj", keys, hidden);
      out.add(source.get(layer + "self_attn.o_proj.weight", hidden, queries));
      out.add(source.get(layer + "post_attention_layernorm.weight", hidden));
      out.add(source.get(layer + "mlp.gate_proj.weight", inner, hidden));
      out.add(source.get(layer + "mlp.up_proj.weight", inner, hidden));
      out.add(source.get(layer + "mlp.down_proj.weight", hidden, inner));
    }
    return out;
  }

  @Override
  public LanguageShape shape() {
    return shape;
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public Tensor embedTokens(TensorScope scope, int[] ids) {
    checkIds(ids);
    try (TensorScope step = new TensorScope(device)) {
      return script.call(scope, "embed", step.indices(ids));
    }
  }

  @Override
  public Optional<float[]> prefill(KvCache cache, PrefillChunk chunk, LayerListener listener) {
    int n = chunk.ids().length;
    int start = chunk.start();
    checkIds(chunk.ids());
    checkRoom(cache, chunk.slot(), start + n);
    try (TensorScope step = new TensorScope(device)) {
      Tensor x = embedTokens(step, chunk.ids());
      for (PrefillChunk.ImageRows image : chunk.images()) {
        if (image.rows().size(1) != shape.hidden()) {
          throw new IllegalArgumentException(
              "image rows are " + image.rows() + ", the model's hidden size is " + shape.hidden());
        }
        script.run("place", x, image.rows(), image.offset());
      }
      TextRotary.Table table = rotary.table(chunk.positions());
      Tensor cos = step.floats(table.cos(), n, 1, shape.headDim());
      Tensor sin = step.floats(table.sin(), n, 1, shape.headDim());
      Tensor mask = start == 0 ? cos : script.call(step, "mask", x, start, n);
      for (int layer = 0; layer < shape.layers(); layer++) {
        Tensor y =
            script.call(
                step,
                "prefill_layer",
                x,
                layer,
                cos,
                sin,
                cache.keys().get(layer),
                cache.values().get(layer),
                chunk.slot(),
                start,
                mask,
                sizes,
                config.rmsNormEps());
        step.release(x).close();
        x = y;
        listener.layerWritten(layer);
      }
      return chunk.wantLogits()
          ? Optional.of(script.call(step, "last", x, config.rmsNormEps()).toFloats())
          : Optional.empty();
    }
  }

  @Override
  public float[][] decode(KvCache cache, List<DecodeRow> rows) {
    Set<Integer> slots = new HashSet<>();
    for (DecodeRow row : rows) {
      checkIds(new int[] {row.token()});
      checkRoom(cache, row.slot(), row.length() + 1);
      if (!slots.add(row.slot())) {
        throw new IllegalArgumentException("slot " + row.slot() + " twice in one step");
      }
    }
    float[][] out = new float[rows.size()][];
    if (oneByOne) {
      for (int i = 0; i < out.length; i++) {
        out[i] = step(cache, rows.subList(i, i + 1))[0];
      }
      return out;
    }
    return rows.isEmpty() ? out : step(cache, rows);
  }

  private float[][] step(KvCache cache, List<DecodeRow> rows) {
    int n = rows.size();
    int[] position = rows.stream().mapToInt(DecodeRow::position).toArray();
    TextRotary.Table table = rotary.table(new int[][] {position, position, position});
    try (TensorScope step = new TensorScope(device);
        Arena arena = Arena.ofConfined()) {
      Tensor logits =
          script.call(
              step,
              "decode",
              step.indices(rows.stream().mapToInt(DecodeRow::token).toArray()),
              step.floats(table.cos(), n, 1, shape.headDim()),
              step.floats(table.sin(), n, 1, shape.headDim()),
              cache.keys(),
              cache.values(),
              rows.stream().mapToInt(DecodeRow::slot).toArray(),
              rows.stream().mapToInt(DecodeRow::length).toArray(),
              sizes,
              config.rmsNormEps());
      MemorySegment memory = logits.onHost(arena);
      float[][] out = new float[n][shape.vocabulary()];
      long rowBytes = (long) shape.vocabulary() * Float.BYTES;
      for (int i = 0; i < n; i++) {
        MemorySegment.copy(
            memory, ValueLayout.JAVA_FLOAT, i * rowBytes, out[i], 0, shape.vocabulary());
      }
      return out;
    }
  }

  private void checkIds(int[] ids) {
    for (int id : ids) {
      if (id < 0 || id >= shape.vocabulary()) {
        throw new IllegalArgumentException(
            "token " + id + " outside a vocabulary of " + shape.vocabulary());
      }
    }
  }

  private void checkRoom(KvCache cache, int slot, int tokens) {
    if (!cache.shape().equals(shape)) {
      throw new IllegalArgumentException("the cache is made for " + cache.shape());
    }
    if (slot < 0 || slot >= cache.slots() || tokens > cache.maxTokens() || tokens < 1) {
      throw new IllegalArgumentException(
          "%d tokens in slot %d of a cache of %d slots of %d tokens"
              .formatted(tokens, slot, cache.slots(), cache.maxTokens()));
    }
  }

  @Override
  public void close() {
    script.close();
    weights.close();
  }
}

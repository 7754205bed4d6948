package dev.epd.runtime.model;

import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/** A decoder over a slotted KV cache. Confined to the engine thread. */
public interface LanguageModel {
  LanguageShape shape();

  /** Where it computes and keeps its cache. */
  Device device();

  /** A cache for this model; close it when done. */
  default KvCache newKvCache(int slots, int maxTokens) {
    return new KvCache(shape(), device(), slots, maxTokens);
  }

  /** Token embeddings [ids.length, hidden] on the model's device, owned by {@code scope}. */
  Tensor embedTokens(TensorScope scope, int[] ids);

  /**
   * Runs a chunk through all layers and writes its keys and values at [start, start + n) of its
   * slot.
   *
   * @return logits after the last token, [vocabulary], if the chunk wants them
   * @throws IllegalArgumentException for a token outside the vocabulary or a chunk outside the
   *     slot; nothing is written
   */
  Optional<float[]> prefill(KvCache cache, PrefillChunk chunk, LayerListener listener);

  /** {@link #prefill(KvCache, PrefillChunk, LayerListener)} with nobody listening. */
  default Optional<float[]> prefill(KvCache cache, PrefillChunk chunk) {
    return prefill(cache, chunk, LayerListener.none());
  }

  /**
   * One step of several sequences: writes each row's token at its length and returns the logits
   * after it. Slots must differ.
   *
   * @return [rows][vocabulary]
   * @throws IllegalArgumentException as for prefill
   */
  float[][] decode(KvCache cache, List<DecodeRow> rows);
}

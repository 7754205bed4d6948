package dev.epd.runtime.model;

import dev.epd.runtime.tensor.DType;

/**
 * The sizes of a language model that its cache and its callers need.
 *
 * @param layers decoder layers
 * @param kvHeads key/value heads per layer
 * @param headDim elements per head
 * @param hidden elements per token embedding
 * @param vocabulary logits per position
 * @param maxPositions longest context the model was made for, in tokens
 * @param dtype type of embeddings and KV cache
 */
public record LanguageShape(
    int layers,
    int kvHeads,
    int headDim,
    int hidden,
    int vocabulary,
    int maxPositions,
    DType dtype) {
  /** Bytes of one token's key (or value) in one layer. */
  public int tokenBytes() {
    return kvHeads * headDim * dtype.bytes();
  }

  /** Bytes of one token's keys and values in all layers. */
  public int kvBytesPerToken() {
    return 2 * layers * tokenBytes();
  }
}

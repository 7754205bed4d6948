package dev.epd.modelspec;

import dev.epd.modelspec.safetensors.DType;
import java.util.List;
import java.util.OptionalInt;

/**
 * config.json and generation_config.json of a vision-language checkpoint, as numbers.
 *
 * @param dtype type of the stored weights ({@code torch_dtype} or {@code dtype})
 */
public record ModelConfig(
    ModelFamily family, Text text, Vision vision, Tokens tokens, DType dtype) {

  /**
   * The language model: RMSNorm, grouped-query attention with biased q, k, v, SwiGLU.
   *
   * @param vocabSize rows of the embedding matrix; may exceed the tokenizer's vocabulary
   * @param headDim channels of one attention head
   * @param ropeTheta base of the rotary frequencies
   * @param mropeSections how many of the {@code headDim / 2} frequencies turn with time, height and
   *     width
   * @param tieWordEmbeddings the output matrix is the embedding matrix; there is no {@code lm_head}
   * @param maxPositionEmbeddings context length in tokens
   */
  public record Text(
      int vocabSize,
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int kvHeads,
      int headDim,
      double ropeTheta,
      List<Integer> mropeSections,
      double rmsNormEps,
      boolean tieWordEmbeddings,
      int maxPositionEmbeddings) {
    public Text {
      mropeSections = List.copyOf(mropeSections);
    }
  }

  /**
   * The vision tower.
   *
   * @param patchSize side of a patch in pixels
   * @param temporalPatchSize frames in a patch; a still image is repeated that often
   * @param spatialMergeSize side in patches of the square that becomes one token
   * @param windowSize side in pixels of an attention window
   * @param fullAttentionBlocks blocks that attend over the whole image instead of a window
   * @param outHiddenSize channels of the merged embeddings; equals the language model's hidden size
   */
  public record Vision(
      int depth,
      int hiddenSize,
      int intermediateSize,
      int outHiddenSize,
      int heads,
      int inChannels,
      int patchSize,
      int temporalPatchSize,
      int spatialMergeSize,
      int windowSize,
      List<Integer> fullAttentionBlocks,
      int tokensPerSecond) {
    public Vision {
      fullAttentionBlocks = List.copyOf(fullAttentionBlocks);
    }

    /** Channels of one attention head. */
    public int headDim() {
      return hiddenSize / heads;
    }

    /** Values of one flattened patch: channels x frames x side x side. */
    public int patchValues() {
      return inChannels * temporalPatchSize * patchSize * patchSize;
    }
  }

  /**
   * Token ids with a meaning.
   *
   * @param image stands once for every merged embedding of an image
   * @param eos ids that end an answer, from generation_config.json, else config.json
   */
  public record Tokens(
      int image,
      int video,
      int visionStart,
      int visionEnd,
      OptionalInt bos,
      OptionalInt pad,
      List<Integer> eos) {
    public Tokens {
      eos = List.copyOf(eos);
    }

    public boolean isEos(int id) {
      return eos.contains(id);
    }
  }
}

package dev.epd.runtime.model.qwen25vl;

import dev.epd.modelspec.ModelConfig;

/**
 * Cosines and sines of multimodal rotary positions ({@code apply_multimodal_rotary_pos_emb}): of
 * the headDim / 2 frequencies, the first section turns with time, the second with height, the third
 * with width; both halves of a head use the same table. Single precision throughout, as the
 * reference computes them.
 */
final class TextRotary {
  private final float[] inverseFrequencies;
  private final int[] rowOfFrequency;
  private final int headDim;

  TextRotary(ModelConfig.Text text) {
    headDim = text.headDim();
    int half = headDim / 2;
    inverseFrequencies = frequencies(text.ropeTheta(), headDim);
    rowOfFrequency = new int[half];
    int at = 0;
    for (int section = 0; section < text.mropeSections().size(); section++) {
      for (int i = 0; i < text.mropeSections().get(section); i++) {
        rowOfFrequency[at++] = section % 3;
      }
    }
    if (at != half) {
      throw new IllegalArgumentException(
          "mrope sections " + text.mropeSections() + " do not add up to " + half);
    }
  }

  /** 1 / theta^(2i / dim) for i in [0, dim / 2). */
  static float[] frequencies(double theta, int dim) {
    float[] out = new float[dim / 2];
    for (int i = 0; i < out.length; i++) {
      out[i] = 1f / (float) Math.pow(theta, (float) (2 * i) / dim);
    }
    return out;
  }

  /** Two tables of [tokens * headDim]. */
  @SuppressWarnings("ArrayRecordComponent")
  record Table(float[] cos, float[] sin) {}

  /** The table for positions [3][tokens]. */
  Table table(int[][] positions) {
    int tokens = positions[0].length;
    int half = headDim / 2;
    float[] cos = new float[tokens * headDim];
    float[] sin = new float[tokens * headDim];
    for (int token = 0; token < tokens; token++) {
      for (int i = 0; i < half; i++) {
        float angle = positions[rowOfFrequency[i]][token] * inverseFrequencies[i];
        float c = (float) Math.cos(angle);
        float s = (float) Math.sin(angle);
        int at = token * headDim + i;
        cos[at] = c;
        cos[at + half] = c;
        sin[at] = s;
        sin[at + half] = s;
      }
    }
    return new Table(cos, sin);
  }
}

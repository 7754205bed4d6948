package dev.epd.runtime.engine;

/**
 * How work is cut into steps.
 *
 * @param maxBatchPatches patches of all pictures of one pass, unless one picture alone has more
 * @param chunkTokens prompt tokens of one prefill step
 * @param maxBatchRows sequences of one decode step
 * @param deterministic one picture and one row a pass, and chunks cut at multiples of {@code
 *     chunkTokens} alone, never where a picture is still missing: the arithmetic of a request does
 *     not depend on other requests or on timing
 */
public record EngineSettings(
    int maxBatchPatches, int chunkTokens, int maxBatchRows, boolean deterministic) {
  public EngineSettings {
    if (maxBatchPatches < 1 || chunkTokens < 1 || maxBatchRows < 1) {
      throw new IllegalArgumentException("engine settings must be positive");
    }
  }

  /** Passes of 4096 patches (one 896x896 picture), chunks of 256 tokens, 64 rows. */
  public static EngineSettings defaults(boolean deterministic) {
    return new EngineSettings(4096, 256, 64, deterministic);
  }

  /** Another size of a prefill step; 0 leaves it. */
  public EngineSettings withChunkTokens(int tokens) {
    return tokens == 0
        ? this
        : new EngineSettings(maxBatchPatches, tokens, maxBatchRows, deterministic);
  }
}

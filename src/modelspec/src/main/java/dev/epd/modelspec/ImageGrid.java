package dev.epd.modelspec;

/**
 * The patches of one image: {@code t} frames of {@code h} rows and {@code w} columns (the {@code
 * grid_thw} of the published processor).
 *
 * @param merge side in patches of the square that becomes one token; divides h and w
 */
public record ImageGrid(int t, int h, int w, int merge) {
  public ImageGrid {
    if (t < 1 || merge < 1 || h < merge || w < merge || h % merge != 0 || w % merge != 0) {
      throw new IllegalArgumentException(
          "not a grid: %d x %d x %d with merge %d".formatted(t, h, w, merge));
    }
  }

  /** Patches, the unit of encoder work. */
  public int patches() {
    return Math.multiplyExact(t, Math.multiplyExact(h, w));
  }

  /** Tokens the image takes in the prompt, and rows of its embeddings. */
  public int tokens() {
    return patches() / (merge * merge);
  }

  /** Rows of tokens. */
  public int tokenRows() {
    return h / merge;
  }

  /** Columns of tokens. */
  public int tokenColumns() {
    return w / merge;
  }
}

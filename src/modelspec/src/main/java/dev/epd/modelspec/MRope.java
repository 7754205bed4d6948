package dev.epd.modelspec;

import java.util.List;

/**
 * Multimodal rotary positions (Qwen2-VL, arXiv 2409.12191 section 2.1): text counts the same in all
 * three rows; the tokens of an image share one time and take their row and column; what follows
 * goes on after the largest position.
 */
public final class MRope {
  private final int[][] positions;
  private final int delta;

  private MRope(int[][] positions, int delta) {
    this.positions = positions;
    this.delta = delta;
  }

  /**
   * Positions of a prompt.
   *
   * @param length tokens
   * @param images in ascending order, without overlap, inside the prompt
   */
  public static MRope of(int length, List<ImageSpan> images) {
    int[][] at = new int[3][length];
    int token = 0;
    int next = 0;
    for (ImageSpan image : images) {
      ImageGrid grid = image.grid();
      if (image.offset() < token || image.end() > length) {
        throw new IllegalArgumentException("image spans overlap or leave the prompt: " + image);
      }
      if (grid.t() != 1) {
        throw new IllegalArgumentException("positions are defined for still images only: " + grid);
      }
      next = text(at, token, image.offset(), next);
      image(at, image, next);
      next += Math.max(grid.tokenRows(), grid.tokenColumns());
      token = image.end();
    }
    next = text(at, token, length, next);
    return new MRope(at, next - length);
  }

  private static int text(int[][] at, int from, int to, int next) {
    for (int i = from; i < to; i++, next++) {
      at[0][i] = next;
      at[1][i] = next;
      at[2][i] = next;
    }
    return next;
  }

  private static void image(int[][] at, ImageSpan image, int start) {
    int i = image.offset();
    for (int row = 0; row < image.grid().tokenRows(); row++) {
      for (int column = 0; column < image.grid().tokenColumns(); column++, i++) {
        at[0][i] = start;
        at[1][i] = start + row;
        at[2][i] = start + column;
      }
    }
  }

  /** A copy of the positions: rows time, height, width; one column per token. */
  public int[][] positions() {
    return new int[][] {positions[0].clone(), positions[1].clone(), positions[2].clone()};
  }

  /**
   * Add to the index of a token after the prompt to get its position, the same in all rows ({@code
   * rope_delta}).
   */
  public int delta() {
    return delta;
  }
}

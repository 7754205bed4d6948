package dev.epd.modelspec;

/**
 * Where the tokens of an image stand in the prompt.
 *
 * @param index which image of the request, from 0, in reading order
 * @param offset first token
 */
public record ImageSpan(int index, int offset, ImageGrid grid) {
  /** Length in tokens. */
  public int tokens() {
    return grid.tokens();
  }

  /** First token after the image. */
  public int end() {
    return offset + tokens();
  }
}

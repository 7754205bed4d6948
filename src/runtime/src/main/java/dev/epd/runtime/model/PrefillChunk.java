package dev.epd.runtime.model;

import dev.epd.runtime.tensor.Tensor;
import java.util.List;

/**
 * Some consecutive tokens of one prompt. Everything before {@code start} must be in the cache
 * already.
 *
 * @param slot cache slot of the sequence
 * @param start index in the sequence of the first token here
 * @param ids token ids, image placeholders included
 * @param images embeddings that replace the token embeddings of placeholders
 * @param positions rotary positions, [3][ids.length]: time, height, width
 * @param wantLogits whether the logits after the last token are needed
 */
@SuppressWarnings("ArrayRecordComponent") // read-only by contract; compared by nobody
public record PrefillChunk(
    int slot, int start, int[] ids, List<ImageRows> images, int[][] positions, boolean wantLogits) {
  /**
   * Embeddings for tokens [offset, offset + rows) of the chunk. A picture cut by a chunk's edge
   * comes as two pieces.
   *
   * @param offset first token, counted from the start of the chunk
   * @param rows [n, hidden], FLOAT32 or BFLOAT16, on any device
   */
  public record ImageRows(int offset, Tensor rows) {}

  public PrefillChunk {
    images = List.copyOf(images);
    if (ids.length == 0 || start < 0) {
      throw new IllegalArgumentException("empty chunk or negative start " + start);
    }
    if (positions.length != 3) {
      throw new IllegalArgumentException("positions need 3 rows, got " + positions.length);
    }
    for (int[] row : positions) {
      if (row.length != ids.length) {
        throw new IllegalArgumentException(row.length + " positions for " + ids.length + " tokens");
      }
    }
    for (ImageRows image : images) {
      if (image.offset() < 0 || image.offset() + image.rows().size(0) > ids.length) {
        throw new IllegalArgumentException(
            "image rows [%d, %d) outside a chunk of %d tokens"
                .formatted(image.offset(), image.offset() + image.rows().size(0), ids.length));
      }
    }
  }
}

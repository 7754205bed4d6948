package dev.epd.runtime.preprocess;

import dev.epd.modelspec.ImageGrid;
import java.lang.foreign.MemorySegment;

/**
 * A picture as the vision tower takes it.
 *
 * @param grid patches down and across, as the decoded picture really gave them
 * @param patchValues values per patch: channels * frames * side * side
 * @param patches FLOAT32, [grid.patches(), patchValues], on or off the heap, row-major, patches in
 *     merge-block order (the 2x2 patches of one token stand together)
 */
public record PatchedImage(ImageGrid grid, int patchValues, MemorySegment patches) {
  public PatchedImage {
    long needed = (long) grid.patches() * patchValues * Float.BYTES;
    if (patches.byteSize() != needed) {
      throw new IllegalArgumentException(
          "patches hold %d bytes, %s needs %d".formatted(patches.byteSize(), grid, needed));
    }
  }

  /** Number of patches: the unit of encoder work. */
  public int patchCount() {
    return grid.patches();
  }
}

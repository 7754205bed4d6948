package dev.epd.runtime.model.qwen25vl;

import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * The order in which the vision tower sees the patches of some pictures, so that every attention
 * window is one piece ({@code get_window_index} in the reference). A window is a square of tokens;
 * windows at the right and lower edge are smaller.
 *
 * @param tokenOrder for each token place in window order, the index of the token in picture order
 * @param restore the inverse: for each token in picture order, its place in window order
 * @param windows runs of windows, as triples (first patch, patches per window, windows)
 * @param images runs of whole frames, as triples (first patch, patches per frame, frames)
 * @param cos rotary table [patches * headDim], rows in window order
 * @param sin as cos
 */
@SuppressWarnings("ArrayRecordComponent")
record WindowPlan(
    int[] tokenOrder, int[] restore, int[] windows, int[] images, float[] cos, float[] sin) {

  private static final double THETA = 10000.0;

  static WindowPlan of(ModelConfig.Vision vision, List<ImageGrid> grids) {
    int tokens = grids.stream().mapToInt(ImageGrid::tokens).sum();
    int[] order = new int[tokens];
    List<Integer> windows = new ArrayList<>();
    List<Integer> images = new ArrayList<>();
    int side = vision.windowSize() / vision.spatialMergeSize() / vision.patchSize();
    int unit = vision.spatialMergeSize() * vision.spatialMergeSize();
    int at = 0;
    int first = 0;
    for (ImageGrid grid : grids) {
      for (int frame = 0; frame < grid.t(); frame++) {
        int start = at;
        at = frame(grid, first, side, unit, order, at, windows);
        first += at - start;
        addRun(images, start * unit, (at - start) * unit);
      }
    }
    int[] restore = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      restore[order[i]] = i;
    }
    float[][] table = rotary(vision, grids, order, unit);
    return new WindowPlan(order, restore, ints(windows), ints(images), table[0], table[1]);
  }

  private static int frame(
      ImageGrid grid, int first, int side, int unit, int[] order, int at, List<Integer> windows) {
    int rows = grid.tokenRows();
    int columns = grid.tokenColumns();
    int next = at;
    for (int top = 0; top < rows; top += side) {
      for (int left = 0; left < columns; left += side) {
        int start = next;
        for (int row = top; row < Math.min(top + side, rows); row++) {
          for (int column = left; column < Math.min(left + side, columns); column++) {
            order[next++] = first + row * columns + column;
          }
        }
        addRun(windows, start * unit, (next - start) * unit);
      }
    }
    return next;
  }

  /** Adds a segment; a segment as long as the one before joins its run. */
  private static void addRun(List<Integer> runs, int first, int length) {
    int last = runs.size() - 3;
    if (last >= 0 && runs.get(last + 1) == length) {
      runs.set(last + 2, runs.get(last + 2) + 1);
    } else {
      runs.add(first);
      runs.add(length);
      runs.add(1);
    }
  }

  /**
   * Half of the frequencies turn with the patch's row, half with its column; the head's second half
   * repeats them.
   */
  private static float[][] rotary(
      ModelConfig.Vision vision, List<ImageGrid> grids, int[] order, int unit) {
    int headDim = vision.headDim();
    int half = headDim / 2;
    int merge = vision.spatialMergeSize();
    float[] frequencies = TextRotary.frequencies(THETA, half);
    int[] rowOfToken = new int[order.length];
    int[] columnOfToken = new int[order.length];
    int token = 0;
    for (ImageGrid grid : grids) {
      for (int i = 0; i < grid.tokens(); i++, token++) {
        int inFrame = i % (grid.tokenRows() * grid.tokenColumns());
        rowOfToken[token] = inFrame / grid.tokenColumns();
        columnOfToken[token] = inFrame % grid.tokenColumns();
      }
    }
    float[] cos = new float[order.length * unit * headDim];
    float[] sin = new float[cos.length];
    for (int place = 0; place < order.length; place++) {
      for (int inner = 0; inner < unit; inner++) {
        int row = rowOfToken[order[place]] * merge + inner / merge;
        int column = columnOfToken[order[place]] * merge + inner % merge;
        int base = (place * unit + inner) * headDim;
        for (int i = 0; i < half; i++) {
          int count = frequencies.length;
          float angle = i < count ? row * frequencies[i] : column * frequencies[i - count];
          cos[base + i] = (float) Math.cos(angle);
          sin[base + i] = (float) Math.sin(angle);
          cos[base + half + i] = cos[base + i];
          sin[base + half + i] = sin[base + i];
        }
      }
    }
    return new float[][] {cos, sin};
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }
}

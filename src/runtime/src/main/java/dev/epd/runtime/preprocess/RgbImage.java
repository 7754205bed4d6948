package dev.epd.runtime.preprocess;

/**
 * Decoded pixels as stored in the file, without colour management: alpha dropped, grey repeated,
 * palettes looked up.
 *
 * @param samples width * height * 3 bytes, planar: all red, all green, all blue, rows from the top
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, compared by nobody
public record RgbImage(int width, int height, byte[] samples) {
  public RgbImage {
    if (samples.length != Math.multiplyExact(3, Math.multiplyExact(width, height))) {
      throw new IllegalArgumentException(samples.length + " samples for " + width + " x " + height);
    }
  }

  /**
   * The picture as it is to be shown.
   *
   * @param orientation EXIF tag 0x0112, 1 to 8; other values mean 1
   */
  RgbImage oriented(int orientation) {
    if (orientation < 2 || orientation > 8) {
      return this;
    }
    boolean swapped = orientation >= 5;
    int w = swapped ? height : width;
    int h = swapped ? width : height;
    byte[] out = new byte[samples.length];
    int plane = width * height;
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int sx =
            switch (orientation) {
              case 2, 3 -> width - 1 - x;
              case 5, 6 -> y;
              case 7, 8 -> width - 1 - y;
              default -> x;
            };
        int sy =
            switch (orientation) {
              case 3, 4 -> height - 1 - y;
              case 6, 7 -> height - 1 - x;
              case 5, 8 -> x;
              default -> y;
            };
        int from = sy * width + sx;
        int to = y * w + x;
        out[to] = samples[from];
        out[plane + to] = samples[plane + from];
        out[2 * plane + to] = samples[2 * plane + from];
      }
    }
    return new RgbImage(w, h, out);
  }
}

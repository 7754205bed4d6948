package dev.epd.runtime.preprocess;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Stored samples of an ImageIO picture. {@code BufferedImage.getRGB} is not used: it converts
 * between colour spaces and moves grey levels by up to 73.
 */
final class Rasters {
  private Rasters() {}

  static RgbImage rgb(BufferedImage image) throws InvalidImageException {
    int width = image.getWidth();
    int height = image.getHeight();
    int plane = Math.multiplyExact(width, height);
    byte[] out = new byte[Math.multiplyExact(3, plane)];
    Raster raster = image.getRaster();
    ColorModel model = image.getColorModel();
    if (model instanceof IndexColorModel palette) {
      indexed(raster, palette, out, plane);
      return new RgbImage(width, height, out);
    }
    int bands = raster.getNumBands();
    int shift = shift(raster);
    int[] row = new int[width];
    for (int channel = 0; channel < 3; channel++) {
      // One or two bands are grey, with alpha; three or four are RGB, with alpha. Bands stand in
      // that order.
      int band = bands < 3 ? 0 : channel;
      for (int y = 0; y < height; y++) {
        raster.getSamples(0, y, width, 1, band, row);
        int at = channel * plane + y * width;
        for (int x = 0; x < width; x++) {
          out[at + x] = (byte) (row[x] >> shift);
        }
      }
    }
    return new RgbImage(width, height, out);
  }

  private static int shift(Raster raster) throws InvalidImageException {
    return switch (raster.getTransferType()) {
      case DataBuffer.TYPE_BYTE -> 0;
      case DataBuffer.TYPE_USHORT -> 8;
      case DataBuffer.TYPE_INT -> 0;
      default -> throw new InvalidImageException("the image's sample type is not supported");
    };
  }

  private static void indexed(Raster raster, IndexColorModel palette, byte[] out, int plane) {
    int[] colours = new int[palette.getMapSize()];
    palette.getRGBs(colours);
    int width = raster.getWidth();
    int[] row = new int[width];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int x = 0; x < width; x++) {
        int rgb = colours[Math.min(row[x], colours.length - 1)];
        int at = y * width + x;
        out[at] = (byte) (rgb >> 16);
        out[plane + at] = (byte) (rgb >> 8);
        out[2 * plane + at] = (byte) rgb;
      }
    }
  }
}

package dev.epd.runtime.preprocess;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Bytes of a PNG, JPEG, GIF (first frame) or WebP file to pixels, EXIF orientation applied.
 * Thread-safe. Nothing is written to disk; size is checked from the header before pixels are
 * decoded.
 */
public final class ImageDecoder {
  private static final String BROKEN =
      "the image cannot be decoded; the file is damaged or cut short";

  static {
    ImageIO.setUseCache(false);
    ImageIO.scanForPlugins();
  }

  private final long maxPixels;

  /**
   * @param maxPixels width * height of the largest picture that is decoded
   */
  public ImageDecoder(long maxPixels) {
    this.maxPixels = maxPixels;
  }

  /**
   * @throws InvalidImageException when the bytes are no picture, are cut short, hold too many
   *     pixels, or use a colour model that is not supported
   */
  public RgbImage decode(byte[] bytes) throws InvalidImageException {
    ImageFormat format = ImageFormat.of(bytes);
    byte[] source = bytes;
    if (format == ImageFormat.JPEG) {
      if (JpegFile.components(bytes) == 4) {
        throw new InvalidImageException(
            "CMYK JPEG images are not supported; convert the image to RGB");
      }
      source = JpegFile.withoutColourProfile(bytes);
    }
    ImageReader reader = reader(format);
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(source))) {
      return read(reader, in, format, source).oriented(Exif.orientation(format, bytes));
    } catch (IOException | RuntimeException e) {
      // Decoders throw all kinds of unchecked exceptions on damaged files.
      throw new InvalidImageException(BROKEN, e);
    } finally {
      reader.dispose();
    }
  }

  private RgbImage read(ImageReader reader, ImageInputStream in, ImageFormat format, byte[] source)
      throws IOException, InvalidImageException {
    reader.setInput(in, false, format != ImageFormat.GIF);
    AtomicBoolean truncated = new AtomicBoolean();
    reader.addIIOReadWarningListener(
        (IIOReadWarningListener)
            (who, warning) -> {
              // The JPEG decoder fills the missing part with grey and only warns.
              if (warning != null
                  && (warning.contains("Truncated") || warning.contains("Premature"))) {
                truncated.set(true);
              }
            });
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    GifFirstFrame gif = null;
    checkSize(width, height);
    if (format == ImageFormat.GIF) {
      gif = GifFirstFrame.of(reader, source);
      checkSize(gif.screenWidth(), gif.screenHeight());
    }
    BufferedImage image = reader.read(0);
    if (truncated.get()) {
      throw new InvalidImageException(BROKEN);
    }
    RgbImage pixels = Rasters.rgb(image);
    return gif == null ? pixels : gif.onScreen(pixels);
  }

  private void checkSize(int width, int height) throws InvalidImageException {
    if (width < 1 || height < 1) {
      throw new InvalidImageException(BROKEN);
    }
    if ((long) width * height > maxPixels) {
      throw new InvalidImageException(
          "the image is %d x %d; at most %d pixels are allowed"
              .formatted(width, height, maxPixels));
    }
  }

  private static ImageReader reader(ImageFormat format) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
    if (!readers.hasNext()) {
      throw new IllegalStateException("no ImageIO reader for " + format + " on the class path");
    }
    return readers.next();
  }
}

package dev.epd.modelspec;

import dev.epd.modelspec.InvalidInputException.Reason;

/**
 * From the size of an image, known from its header, to the size the model sees, its grid and its
 * token count. Follows {@code smart_resize} of the published Qwen2-VL image processor, rounding
 * included.
 */
public final class ImageGeometry {
  /** Longer side over shorter side, at most. */
  public static final int MAX_ASPECT_RATIO = 200;

  private final PreprocessorConfig config;

  public ImageGeometry(PreprocessorConfig config) {
    this.config = config;
  }

  /** Width and height in pixels after resizing; both are multiples of patch size x merge size. */
  public record Size(int width, int height) {}

  /**
   * The size an image is resized to.
   *
   * @param width as shown, that is after EXIF orientation
   * @throws InvalidInputException if a side is not positive or the sides differ more than 200-fold
   */
  public Size resized(int width, int height) {
    if (width < 1 || height < 1) {
      throw new InvalidInputException(
          Reason.IMAGE_SHAPE,
          "the image is %d x %d; both sides must be at least 1 pixel".formatted(width, height));
    }
    // Compared as the processor does, in floating point: exactly 200 is allowed.
    if ((double) Math.max(width, height) / Math.min(width, height) > MAX_ASPECT_RATIO) {
      throw new InvalidInputException(
          Reason.IMAGE_SHAPE,
          "the image is %d x %d; the longer side may be at most %d times the shorter one"
              .formatted(width, height, MAX_ASPECT_RATIO));
    }
    int factor = config.factor();
    // Math.rint rounds half to even, as Python's round does.
    double h = Math.rint((double) height / factor) * factor;
    double w = Math.rint((double) width / factor) * factor;
    double pixels = (double) width * height;
    if (h * w > config.maxPixels()) {
      double beta = Math.sqrt(pixels / config.maxPixels());
      h = Math.max(factor, Math.floor(height / beta / factor) * factor);
      w = Math.max(factor, Math.floor(width / beta / factor) * factor);
    } else if (h * w < config.minPixels()) {
      double beta = Math.sqrt(config.minPixels() / pixels);
      h = Math.ceil(height * beta / factor) * factor;
      w = Math.ceil(width * beta / factor) * factor;
    }
    // Only a minimum below one cell can leave a side at zero; the model needs one cell at least.
    return new Size((int) Math.max(factor, w), (int) Math.max(factor, h));
  }

  /**
   * The grid of patches of a still image of that original size.
   *
   * @throws InvalidInputException as {@link #resized}
   */
  public ImageGrid grid(int width, int height) {
    Size size = resized(width, height);
    int patch = config.patchSize();
    return new ImageGrid(1, size.height() / patch, size.width() / patch, config.mergeSize());
  }
}

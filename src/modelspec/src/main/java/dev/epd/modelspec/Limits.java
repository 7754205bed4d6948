package dev.epd.modelspec;

import dev.epd.modelspec.InvalidInputException.Reason;

/**
 * What one request may ask for at most. Checked before any pixel is decoded.
 *
 * @param maxImagePixels width x height of the original image
 * @param maxImageBytes encoded size of the original image
 * @param maxContextTokens prompt, image tokens and answer together
 */
public record Limits(
    int maxImagesPerRequest, long maxImagePixels, long maxImageBytes, int maxContextTokens) {
  public static final int DEFAULT_MAX_IMAGES = 16;
  public static final long DEFAULT_MAX_IMAGE_PIXELS = 40_000_000;
  public static final long DEFAULT_MAX_IMAGE_BYTES = 20L << 20;

  public Limits {
    if (maxImagesPerRequest < 0
        || maxImagePixels < 1
        || maxImageBytes < 1
        || maxContextTokens < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /** The defaults for a model whose context is that long. */
  public static Limits defaults(int maxContextTokens) {
    return new Limits(
        DEFAULT_MAX_IMAGES, DEFAULT_MAX_IMAGE_PIXELS, DEFAULT_MAX_IMAGE_BYTES, maxContextTokens);
  }

  /**
   * Counts images.
   *
   * @throws InvalidInputException if there are too many images
   */
  public void checkImageCount(int images) {
    if (images > maxImagesPerRequest) {
      throw new InvalidInputException(
          Reason.IMAGE_COUNT,
          "%d images in one request; at most %d are allowed"
              .formatted(images, maxImagesPerRequest));
    }
  }

  /**
   * Checks the encoded size of an image.
   *
   * @throws InvalidInputException if the encoded image is too long
   */
  public void checkImageBytes(long bytes) {
    if (bytes > maxImageBytes) {
      throw new InvalidInputException(
          Reason.IMAGE_BYTES,
          "the image has more than the allowed %d bytes".formatted(maxImageBytes));
    }
  }

  /**
   * Checks the size an image's header claims.
   *
   * @throws InvalidInputException if the picture has too many pixels
   */
  public void checkImagePixels(int width, int height) {
    if ((long) width * height > maxImagePixels) {
      throw new InvalidInputException(
          Reason.IMAGE_PIXELS,
          "the image is %d x %d; at most %d pixels are allowed"
              .formatted(width, height, maxImagePixels));
    }
  }

  /**
   * Checks the length of a prompt, images included.
   *
   * @throws InvalidInputException if the prompt leaves no room for an answer
   */
  public void checkPromptTokens(int tokens) {
    if (tokens >= maxContextTokens) {
      throw new InvalidInputException(
          Reason.CONTEXT_LENGTH,
          "the prompt has %d tokens, images included; the model's context holds %d tokens, answer included"
              .formatted(tokens, maxContextTokens));
    }
  }
}

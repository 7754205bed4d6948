package dev.epd.gateway.media;

import dev.epd.gateway.openai.ApiException;
import dev.epd.modelspec.InvalidInputException;
import dev.epd.modelspec.ModelSpec;

/** From an image URL in a request to a {@link ScannedImage}, or a refusal that names the image. */
public final class ImageScanner {
  private final ModelSpec spec;
  private final String preprocessor;

  /** Pictures are measured for this model. */
  public ImageScanner(ModelSpec spec) {
    this.spec = spec;
    this.preprocessor = spec.preprocessor().toString();
  }

  /**
   * @param param names the place in the request, for errors
   * @throws ApiException 400 or 413, code {@code invalid_image}, {@code image_too_large}, {@code
   *     image_url_not_allowed} or {@code invalid_image_url}
   */
  public ScannedImage scan(String url, String param, String tenantSalt) throws ApiException {
    int maxBytes = (int) Math.min(Integer.MAX_VALUE - 8, spec.limits().maxImageBytes());
    byte[] file = DataUrl.decode(url, param, maxBytes);
    try {
      ImageHeader header = ImageHeaderScanner.scan(file);
      spec.limits().checkImagePixels(header.width(), header.height());
      var grid = spec.geometry().grid(header.shownWidth(), header.shownHeight());
      String key = CacheKey.of(tenantSalt, spec.fingerprint(), preprocessor, file);
      return new ScannedImage(file, header, grid, key);
    } catch (ImageHeaderException e) {
      throw ApiException.badRequest(
          param, "invalid_image", "The image cannot be read: " + e.getMessage() + ".");
    } catch (InvalidInputException e) {
      boolean large = e.reason() == InvalidInputException.Reason.IMAGE_PIXELS;
      throw ApiException.badRequest(
          param,
          large ? "image_too_large" : "invalid_image",
          "The image cannot be used: " + e.getMessage() + ".");
    }
  }
}

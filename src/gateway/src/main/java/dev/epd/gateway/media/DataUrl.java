package dev.epd.gateway.media;

import dev.epd.gateway.openai.ApiException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/** {@code data:} URLs (RFC 2397) with base64; every other scheme is refused. */
public final class DataUrl {
  /** Characters decoded at a time, a multiple of 4, so that no second copy of a file is made. */
  private static final int STEP = 64 * 1024;

  private DataUrl() {}

  /**
   * The bytes in the URL.
   *
   * @param param names the place in the request, for the error
   * @throws ApiException 400 for another scheme or broken base64, 413 beyond {@code maxBytes}
   */
  public static byte[] decode(String url, String param, int maxBytes) throws ApiException {
    if (!url.regionMatches(true, 0, "data:", 0, 5)) {
      throw otherScheme(url, param);
    }
    int comma = url.indexOf(',');
    if (comma < 0 || comma > 512) {
      throw broken(param, "it has no comma before the data");
    }
    String header = url.substring(5, comma).toLowerCase(Locale.ROOT).strip();
    if (!header.endsWith(";base64")) {
      throw broken(param, "it must be of the form data:image/png;base64,...");
    }
    int end = url.length();
    while (end > comma + 1 && url.charAt(end - 1) == '=' && url.length() - end < 2) {
      end--;
    }
    long decoded = (long) (end - comma - 1) * 3 / 4;
    if (decoded == 0) {
      throw broken(param, "it holds no data");
    }
    if (decoded > maxBytes) {
      throw ApiException.of(
          413,
          param,
          "image_too_large",
          "The image has about %d bytes; at most %d are accepted. Send a smaller or more compressed picture."
              .formatted(decoded, maxBytes));
    }
    byte[] bytes = new byte[(int) decoded];
    int filled = 0;
    try {
      for (int at = comma + 1; at < end; at += STEP) {
        byte[] text =
            url.substring(at, Math.min(end, at + STEP)).getBytes(StandardCharsets.ISO_8859_1);
        byte[] part = Base64.getDecoder().decode(text);
        System.arraycopy(part, 0, bytes, filled, part.length);
        filled += part.length;
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw broken(param, "the base64 data is broken");
    }
    return filled == bytes.length ? bytes : Arrays.copyOf(bytes, filled);
  }

  private static ApiException otherScheme(String url, String param) {
    int colon = url.indexOf(':');
    String scheme =
        colon > 0 && colon < 16 && url.substring(0, colon).matches("[A-Za-z][A-Za-z0-9+.-]*")
            ? url.substring(0, colon).toLowerCase(Locale.ROOT) + ":"
            : "such";
    return ApiException.badRequest(
        param,
        "image_url_not_allowed",
        "Fetching images from %s URLs is denied on this server. Send the picture itself: data:image/png;base64,..."
            .formatted(scheme));
  }

  private static ApiException broken(String param, String why) {
    return ApiException.badRequest(
        param, "invalid_image_url", "The image's data URL cannot be read: " + why + ".");
  }
}

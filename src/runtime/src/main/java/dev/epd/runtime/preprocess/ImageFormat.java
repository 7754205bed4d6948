package dev.epd.runtime.preprocess;

import java.nio.charset.StandardCharsets;

/**
 * Picture formats that are read, told by their first bytes and never by a name or a declared type.
 */
enum ImageFormat {
  PNG,
  JPEG,
  GIF,
  WEBP;

  /**
   * @throws InvalidImageException for anything else
   */
  static ImageFormat of(byte[] bytes) throws InvalidImageException {
    if (starts(bytes, 0, "\u0089PNG\r\n\u001a\n")) {
      return PNG;
    }
    if (starts(bytes, 0, "\u00ff\u00d8\u00ff")) {
      return JPEG;
    }
    if (starts(bytes, 0, "GIF87a") || starts(bytes, 0, "GIF89a")) {
      return GIF;
    }
    if (starts(bytes, 0, "RIFF") && starts(bytes, 8, "WEBP")) {
      return WEBP;
    }
    throw new InvalidImageException(
        "the image is in no format that is supported; send PNG, JPEG, GIF or WebP");
  }

  static boolean starts(byte[] bytes, int at, String prefix) {
    byte[] expected = prefix.getBytes(StandardCharsets.ISO_8859_1);
    return bytes.length >= at + expected.length
        && java.util.Arrays.equals(bytes, at, at + expected.length, expected, 0, expected.length);
  }
}

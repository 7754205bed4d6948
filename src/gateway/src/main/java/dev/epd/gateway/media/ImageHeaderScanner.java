package dev.epd.gateway.media;

/**
 * Reads type, size and orientation of a picture without decoding it. Time is linear in the number
 * of header segments; memory is constant.
 */
public final class ImageHeaderScanner {
  private static final int MAX_WEBP_CHUNKS = 4096;

  private ImageHeaderScanner() {}

  /**
   * @throws ImageHeaderException for anything that is not PNG, JPEG, GIF or WebP with a whole
   *     header and a size of at least 1x1
   */
  public static ImageHeader scan(byte[] data) throws ImageHeaderException {
    ImageHeader header = scanByType(data);
    if (header.width() < 1 || header.height() < 1) {
      throw new ImageHeaderException(
          "the %s header gives an empty size of %dx%d"
              .formatted(header.type(), header.width(), header.height()));
    }
    return header;
  }

  private static ImageHeader scanByType(byte[] data) throws ImageHeaderException {
    var probe = new Bytes(data, "image");
    if (probe.has(0, "\u0089PNG\r\n\u001a\n")) {
      return png(new Bytes(data, "PNG"));
    }
    if (probe.has(0, "\u00ff\u00d8\u00ff")) {
      return jpeg(new Bytes(data, "JPEG"));
    }
    if (probe.has(0, "GIF87a") || probe.has(0, "GIF89a")) {
      var gif = new Bytes(data, "GIF");
      return new ImageHeader(ImageType.GIF, gif.u16le(6), gif.u16le(8), 1);
    }
    if (probe.has(0, "RIFF") && probe.has(8, "WEBP")) {
      return webp(new Bytes(data, "WebP"));
    }
    throw new ImageHeaderException("the data is not a PNG, JPEG, GIF or WebP picture");
  }

  /** PNG (ISO 15948): IHDR comes first; eXIf may stand anywhere before the end. */
  private static ImageHeader png(Bytes file) throws ImageHeaderException {
    if (!file.has(12, "IHDR")) {
      throw new ImageHeaderException("the PNG file does not begin with an IHDR chunk");
    }
    long width = file.u32be(16);
    long height = file.u32be(20);
    if (width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
      throw new ImageHeaderException("the PNG header gives a size beyond the format's range");
    }
    int orientation = 1;
    long at = 8;
    while (at + 8 <= file.length()) {
      long length = file.u32be(at);
      if (file.has(at + 4, "eXIf")) {
        orientation = ExifOrientation.read(file, at + 8, at + 8 + length);
        break;
      }
      if (file.has(at + 4, "IEND")) {
        break;
      }
      at += 12 + length;
    }
    return new ImageHeader(ImageType.PNG, (int) width, (int) height, orientation);
  }

  /** JPEG (ITU T.81): markers up to the start of scan; EXIF in any APP1 of them. */
  private static ImageHeader jpeg(Bytes file) throws ImageHeaderException {
    int orientation = 0;
    int width = 0;
    int height = 0;
    long at = 2;
    while (true) {
      int marker = 0xff;
      while (file.u8(at++) != 0xff) {
        // stray bytes between segments are skipped, as libjpeg does
      }
      while (marker == 0xff) {
        marker = file.u8(at++);
      }
      if (marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8) {
        continue; // markers without a segment
      }
      if (marker == 0xd9 || marker == 0xda) {
        break; // end of image, start of scan
      }
      int length = file.u16be(at);
      if (length < 2) {
        throw new ImageHeaderException("the JPEG file has a segment of impossible length");
      }
      if (startsFrame(marker) && width == 0) {
        height = file.u16be(at + 3);
        width = file.u16be(at + 5);
      } else if (marker == 0xe1 && orientation == 0 && file.has(at + 2, "Exif\0\0")) {
        orientation = ExifOrientation.read(file, at + 8, at + length);
      }
      at += length;
    }
    if (width == 0) {
      throw new ImageHeaderException("the JPEG file gives no size before its first scan");
    }
    return new ImageHeader(ImageType.JPEG, width, height, Math.max(1, orientation));
  }

  /** SOF0..SOF15 apart from DHT (c4), JPG (c8) and DAC (cc). */
  private static boolean startsFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  /** WebP (RFC 9649): VP8X gives the canvas and may come with EXIF; otherwise VP8 or VP8L alone. */
  private static ImageHeader webp(Bytes file) throws ImageHeaderException {
    if (file.has(12, "VP8X")) {
      int width = 1 + file.u24le(24);
      int height = 1 + file.u24le(27);
      return new ImageHeader(ImageType.WEBP, width, height, webpOrientation(file));
    }
    if (file.has(12, "VP8L")) {
      if (file.u8(20) != 0x2f) {
        throw new ImageHeaderException("the WebP file has a damaged lossless header");
      }
      long bits = file.u32le(21);
      return new ImageHeader(
          ImageType.WEBP, 1 + (int) (bits & 0x3fff), 1 + (int) (bits >> 14 & 0x3fff), 1);
    }
    if (file.has(12, "VP8 ")) {
      if (file.u8(23) != 0x9d || file.u8(24) != 0x01 || file.u8(25) != 0x2a) {
        throw new ImageHeaderException("the WebP file has a damaged lossy header");
      }
      return new ImageHeader(ImageType.WEBP, file.u16le(26) & 0x3fff, file.u16le(28) & 0x3fff, 1);
    }
    throw new ImageHeaderException("the WebP file does not begin with a picture chunk");
  }

  private static int webpOrientation(Bytes file) throws ImageHeaderException {
    long at = 12;
    for (int chunk = 0; chunk < MAX_WEBP_CHUNKS && at + 8 <= file.length(); chunk++) {
      long length = file.u32le(at + 4);
      if (file.has(at, "EXIF")) {
        long from = file.has(at + 8, "Exif\0\0") ? at + 14 : at + 8;
        return ExifOrientation.read(file, from, at + 8 + length);
      }
      at += 8 + length + (length & 1);
    }
    return 1;
  }
}

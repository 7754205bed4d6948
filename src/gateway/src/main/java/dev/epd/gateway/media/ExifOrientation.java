package dev.epd.gateway.media;

/** Finds tag 0x0112 in the first directory of a TIFF block, as EXIF carries it (CIPA DC-008). */
final class ExifOrientation {
  private static final int TAG = 0x0112;

  private ExifOrientation() {}

  /**
   * Orientation 1..8, or 1 where there is none or the block is damaged: a picture is shown as
   * stored rather than refused for its metadata, as image libraries do. Encoders read it by the
   * same rules; where they come to another grid they refuse the image.
   *
   * @param from offset of the byte-order mark
   * @param end offset after the block
   */
  static int read(Bytes file, long from, long end) {
    try {
      boolean little = file.has(from, "II");
      if (end > file.length() || (!little && !file.has(from, "MM"))) {
        return 1;
      }
      long directory = from + u32(file, from + 4, little);
      if (directory + 2 > end) {
        return 1;
      }
      int entries = u16(file, directory, little);
      for (int i = 0; i < entries; i++) {
        long entry = directory + 2 + 12L * i;
        if (entry + 12 > end) {
          return 1;
        }
        if (u16(file, entry, little) == TAG) {
          int value = u16(file, entry + 8, little);
          return value >= 1 && value <= 8 ? value : 1;
        }
      }
      return 1;
    } catch (ImageHeaderException e) {
      return 1;
    }
  }

  private static int u16(Bytes file, long at, boolean little) throws ImageHeaderException {
    return little ? file.u16le(at) : file.u16be(at);
  }

  private static long u32(Bytes file, long at, boolean little) throws ImageHeaderException {
    return little ? file.u32le(at) : file.u32be(at);
  }
}

package dev.epd.runtime.preprocess;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** The marker segments of a JPEG file, up to the first scan. */
final class JpegFile {
  private JpegFile() {}

  /**
   * @param marker the second byte of the marker
   * @param start position of the marker's first byte
   * @param end position after the segment
   */
  record Segment(int marker, int start, int end) {}

  static List<Segment> segments(byte[] bytes) {
    List<Segment> out = new ArrayList<>();
    int at = 2;
    while (at + 4 <= bytes.length && (bytes[at] & 0xff) == 0xFF) {
      int marker = bytes[at + 1] & 0xff;
      if (marker == 0xFF) {
        at++;
        continue;
      }
      if (marker == 0xDA || marker == 0xD9) {
        break;
      }
      int end = at + 2 + ((bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff);
      if (end < at + 4 || end > bytes.length) {
        break;
      }
      out.add(new Segment(marker, at, end));
      at = end;
    }
    return out;
  }

  /** Colour components of the frame, 0 if there is no frame header. */
  static int components(byte[] bytes) {
    for (Segment segment : segments(bytes)) {
      int m = segment.marker();
      boolean frame = m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC;
      if (frame && segment.start() + 10 <= segment.end()) {
        return bytes[segment.start() + 9] & 0xff;
      }
    }
    return 0;
  }

  /**
   * The file without its colour profile (APP2 ICC_PROFILE): ImageIO would convert to sRGB, while
   * the reference uses the stored samples.
   */
  static byte[] withoutColourProfile(byte[] bytes) {
    ByteArrayOutputStream out = null;
    int copied = 0;
    for (Segment segment : segments(bytes)) {
      if (segment.marker() == 0xE2
          && ImageFormat.starts(bytes, segment.start() + 4, "ICC_PROFILE\0")) {
        out = out == null ? new ByteArrayOutputStream(bytes.length) : out;
        out.write(bytes, copied, segment.start() - copied);
        copied = segment.end();
      }
    }
    if (out == null) {
      return bytes;
    }
    out.write(bytes, copied, bytes.length - copied);
    return out.toByteArray();
  }
}

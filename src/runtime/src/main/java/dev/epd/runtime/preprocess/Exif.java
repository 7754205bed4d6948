package dev.epd.runtime.preprocess;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Finds the EXIF orientation (tag 0x0112 of IFD0) in the three containers that carry one. */
final class Exif {
  private static final int ORIENTATION = 0x0112;
  private static final String JPEG_MARK = "Exif\0\0";

  private Exif() {}

  /** 1 to 8; 1 where the file says nothing or nonsense. */
  static int orientation(ImageFormat format, byte[] bytes) {
    return switch (format) {
      case JPEG -> inJpeg(bytes);
      case PNG -> inPng(bytes);
      case WEBP -> inWebp(bytes);
      case GIF -> 1;
    };
  }

  private static int inJpeg(byte[] bytes) {
    for (JpegFile.Segment segment : JpegFile.segments(bytes)) {
      if (segment.marker() == 0xE1 && ImageFormat.starts(bytes, segment.start() + 4, JPEG_MARK)) {
        return inTiff(bytes, segment.start() + 10, segment.end());
      }
    }
    return 1;
  }

  private static int inPng(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int at = 8;
    while (at + 12L <= bytes.length) {
      long length = in.getInt(at) & 0xffffffffL;
      if (length > bytes.length - at - 12L) {
        return 1;
      }
      if (ImageFormat.starts(bytes, at + 4, "eXIf")) {
        return inTiff(bytes, at + 8, (int) (at + 8 + length));
      }
      at = (int) (at + 12 + length);
    }
    return 1;
  }

  private static int inWebp(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 12;
    while (at + 8L <= bytes.length) {
      long length = in.getInt(at + 4) & 0xffffffffL;
      if (length > bytes.length - at - 8L) {
        return 1;
      }
      if (ImageFormat.starts(bytes, at, "EXIF")) {
        int start = ImageFormat.starts(bytes, at + 8, JPEG_MARK) ? at + 14 : at + 8;
        return inTiff(bytes, start, (int) (at + 8 + length));
      }
      at = (int) Math.min(bytes.length, at + 8 + length + (length & 1));
    }
    return 1;
  }

  private static int inTiff(byte[] bytes, int start, int end) {
    if (start + 8 > end || end > bytes.length) {
      return 1;
    }
    ByteBuffer tiff = ByteBuffer.wrap(Arrays.copyOfRange(bytes, start, end));
    if (tiff.getShort(0) == 0x4949) {
      tiff.order(ByteOrder.LITTLE_ENDIAN);
    } else if (tiff.getShort(0) != 0x4D4D) {
      return 1;
    }
    long directory = tiff.getInt(4) & 0xffffffffL;
    if (directory + 2 > tiff.capacity()) {
      return 1;
    }
    int entries = tiff.getShort((int) directory) & 0xffff;
    for (int i = 0; i < entries; i++) {
      long at = directory + 2 + 12L * i;
      if (at + 12 > tiff.capacity()) {
        return 1;
      }
      if ((tiff.getShort((int) at) & 0xffff) == ORIENTATION) {
        int value = tiff.getShort((int) at + 8) & 0xffff;
        return value >= 1 && value <= 8 ? value : 1;
      }
    }
    return 1;
  }
}

package dev.epd.gateway;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/** Files whose headers are true and whose pixels nobody looks at. */
public final class Pictures {
  private Pictures() {}

  /** A PNG header of that size; {@code salt} makes files differ. */
  public static byte[] png(int width, int height, int salt) {
    return ByteBuffer.allocate(45)
        .putLong(0x89504e470d0a1a0aL)
        .putInt(13)
        .put("IHDR".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
        .putInt(width)
        .putInt(height)
        .put(new byte[] {8, 2, 0, 0, 0})
        .putInt(0)
        .putInt(4)
        .put("IDAT".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
        .putInt(salt)
        .array();
  }

  /**
   * A JPEG up to its scan; orientation 0 leaves EXIF out. {@code padding} bytes of comment stand
   * first.
   */
  public static byte[] jpeg(int width, int height, int orientation, int padding, ByteOrder order) {
    var out = ByteBuffer.allocate(200 + padding);
    out.putShort((short) 0xffd8);
    out.putShort((short) 0xfffe).putShort((short) (padding + 2)).put(new byte[padding]);
    if (orientation > 0) {
      out.putShort((short) 0xffe1).putShort((short) (2 + 6 + 8 + 2 + 12 + 4));
      out.put("Exif\0\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      out.put(
          (order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM")
              .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      out.order(order).putShort((short) 42).putInt(8).putShort((short) 1);
      out.putShort((short) 0x112)
          .putShort((short) 3)
          .putInt(1)
          .putShort((short) orientation)
          .putShort((short) 0);
      out.putInt(0).order(ByteOrder.BIG_ENDIAN);
    }
    out.putShort((short) 0xffc2).putShort((short) 11).put((byte) 8);
    out.putShort((short) height).putShort((short) width).put(new byte[] {1, 1, 0x11, 0});
    out.putShort((short) 0xffda).putShort((short) 8).put(new byte[6]);
    byte[] file = new byte[out.position()];
    out.flip().get(file);
    return file;
  }

  public static String dataUrl(byte[] file) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(file);
  }
}

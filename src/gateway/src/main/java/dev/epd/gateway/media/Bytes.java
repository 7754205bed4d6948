package dev.epd.gateway.media;

/** Bounds-checked reading of a file's bytes: outside is an {@link ImageHeaderException}. */
record Bytes(byte[] data, String what) {

  int length() {
    return data.length;
  }

  int u8(long at) throws ImageHeaderException {
    if (at < 0 || at >= data.length) {
      throw new ImageHeaderException("the " + what + " file ends within its header");
    }
    return data[(int) at] & 0xff;
  }

  int u16be(long at) throws ImageHeaderException {
    return u8(at) << 8 | u8(at + 1);
  }

  int u16le(long at) throws ImageHeaderException {
    return u8(at) | u8(at + 1) << 8;
  }

  int u24le(long at) throws ImageHeaderException {
    return u16le(at) | u8(at + 2) << 16;
  }

  long u32be(long at) throws ImageHeaderException {
    return (long) u16be(at) << 16 | u16be(at + 2);
  }

  long u32le(long at) throws ImageHeaderException {
    return u16le(at) | (long) u16le(at + 2) << 16;
  }

  /** Whether the ASCII text stands at that offset; false beyond the end. */
  boolean has(long at, String ascii) {
    if (at < 0 || at + ascii.length() > data.length) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if ((data[(int) at + i] & 0xff) != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}

package dev.epd.operator.faults;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One frame that a server sends through a WebSocket (RFC 6455): never masked. */
record Frame(int first, byte[] payload) {
  private static final int FINAL_TEXT = 0x81;
  private static final int OPCODE = 0x0f;
  private static final int LENGTH = 0x7f;

  static Frame text(String text) {
    return new Frame(FINAL_TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Null when the connection has ended. */
  static @Nullable Frame read(InputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    int length = byteOf(in) & LENGTH;
    long bytes =
        switch (length) {
          case 126 -> number(in, 2);
          case 127 -> number(in, 8);
          default -> length;
        };
    byte[] payload = in.readNBytes(Math.toIntExact(bytes));
    if (payload.length < bytes) {
      throw new EOFException("inside a frame");
    }
    return new Frame(first, payload);
  }

  /** Whether it holds a message, and not a ping or the end. */
  boolean isMessage() {
    int opcode = first & OPCODE;
    return first >= 0x80 && (opcode == 1 || opcode == 2);
  }

  String text() {
    return new String(payload, StandardCharsets.UTF_8);
  }

  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(payload.length + 10);
    bytes.write(first);
    if (payload.length < 126) {
      bytes.write(payload.length);
    } else if (payload.length < 1 << 16) {
      bytes.write(126);
      bytes.write(payload.length >> 8);
      bytes.write(payload.length);
    } else {
      bytes.write(127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.write((int) ((long) payload.length >> shift));
      }
    }
    bytes.writeBytes(payload);
    return bytes.toByteArray();
  }

  private static long number(InputStream in, int bytes) throws IOException {
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      number = number << 8 | byteOf(in);
    }
    return number;
  }

  private static int byteOf(InputStream in) throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new EOFException("inside the head of a frame");
    }
    return b;
  }
}

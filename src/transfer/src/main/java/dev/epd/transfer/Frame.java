package dev.epd.transfer;

import java.nio.ByteBuffer;

/**
 * A frame's head, big endian, 36 bytes: magic (4), version (1), type (1), zero (2), part (4),
 * sequence (4), offset (8), payload length (4), CRC32C up to here (4), CRC32C up to the payload's
 * end (4). The running checksum starts with the connection's session id, so a frame of another
 * connection or out of order fails it too; the first one is checked before a length or an offset is
 * believed.
 */
record Frame(Type type, int part, int sequence, long offset, int length, int headCrc, int crc) {
  static final int HEAD_BYTES = 36;

  /** The head without its checksums. */
  static final int CHECKED_HEAD_BYTES = 28;

  static final int MAX_DATA_BYTES = 8 << 20;
  static final int MAX_CONTROL_BYTES = 64 << 10;
  private static final int MAGIC = 0x45504454;
  private static final byte VERSION = 1;

  enum Type {
    HELLO(0, MAX_CONTROL_BYTES),
    HELLO_OK(1, MAX_CONTROL_BYTES),
    DATA(2, MAX_DATA_BYTES),
    FINISH(3, 0),
    RECEIVED(4, 0),
    COMMITTED(5, 0),
    ERROR(6, 2048),
    PING(7, 0);

    private final byte code;
    private final int maxBytes;

    Type(int code, int maxBytes) {
      this.code = (byte) code;
      this.maxBytes = maxBytes;
    }

    private static Type ofCode(byte code) throws TransferException {
      for (Type type : values()) {
        if (type.code == code) {
          return type;
        }
      }
      throw new TransferException(TransferError.PROTOCOL, "unknown frame type");
    }
  }

  /** Writes the head up to the checksums, which are the caller's to put. */
  static void put(ByteBuffer out, Type type, int part, int sequence, long offset, int length) {
    out.putInt(MAGIC).put(VERSION).put(type.code).putShort((short) 0);
    out.putInt(part).putInt(sequence).putLong(offset).putInt(length);
  }

  /** Reads a head and checks its lengths before anybody allocates by them. */
  static Frame get(ByteBuffer in) throws TransferException {
    if (in.getInt() != MAGIC) {
      throw new TransferException(TransferError.PROTOCOL, "not a transfer frame");
    }
    byte version = in.get();
    if (version != VERSION) {
      throw new TransferException(
          TransferError.UNSUPPORTED_VERSION,
          "transfer protocol " + version + ", this side speaks " + VERSION);
    }
    Type type = Type.ofCode(in.get());
    if (in.getShort() != 0) {
      throw new TransferException(TransferError.PROTOCOL, "not a transfer frame");
    }
    Frame frame =
        new Frame(
            type, in.getInt(), in.getInt(), in.getLong(), in.getInt(), in.getInt(), in.getInt());
    if (frame.length < 0 || frame.length > type.maxBytes) {
      throw new TransferException(TransferError.PROTOCOL, "frame is too long");
    }
    return frame;
  }
}

package dev.epd.transfer;

/** Element types, little endian as in safetensors. */
public enum DType {
  F32(1, 4),
  F16(2, 2),
  BF16(3, 2),
  I64(4, 8),
  I32(5, 4),
  U8(6, 1);

  private final byte code;
  private final int bytes;

  DType(int code, int bytes) {
    this.code = (byte) code;
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  byte code() {
    return code;
  }

  static DType ofCode(byte code) throws TransferException {
    for (DType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new TransferException(TransferError.PROTOCOL, "unknown dtype " + code);
  }
}

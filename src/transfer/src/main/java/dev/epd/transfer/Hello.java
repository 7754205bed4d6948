package dev.epd.transfer;

import dev.epd.contract.TicketVerifier;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The pusher's opening words: who it is for and what will come. */
record Hello(byte[] ticket, String requestId, String fingerprint, List<PartShape> parts) {
  /** So many of rank 8 fit into one control frame, with the longest ticket and names. */
  static final int MAX_PARTS = 768;

  private static final int MAX_TEXT_BYTES = 1024;

  byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(Frame.MAX_CONTROL_BYTES);
    out.putShort((short) ticket.length).put(ticket);
    putText(out, requestId);
    putText(out, fingerprint);
    out.putShort((short) parts.size());
    for (PartShape part : parts) {
      out.putInt(part.part()).put(part.dtype().code()).put((byte) part.dims().size());
      part.dims().forEach(out::putLong);
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  static Hello decode(byte[] payload) throws TransferException {
    ByteBuffer in = ByteBuffer.wrap(payload);
    try {
      byte[] ticket = getBytes(in, TicketVerifier.MAX_TICKET_BYTES);
      String requestId = new String(getBytes(in, MAX_TEXT_BYTES), StandardCharsets.UTF_8);
      String fingerprint = new String(getBytes(in, MAX_TEXT_BYTES), StandardCharsets.UTF_8);
      int count = Short.toUnsignedInt(in.getShort());
      if (count == 0 || count > MAX_PARTS) {
        throw new TransferException(TransferError.PROTOCOL, "1 to " + MAX_PARTS + " parts");
      }
      List<PartShape> parts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int part = in.getInt();
        DType dtype = DType.ofCode(in.get());
        int rank = in.get();
        if (rank < 1 || rank > PartShape.MAX_RANK) {
          throw new TransferException(TransferError.PROTOCOL, "bad rank");
        }
        List<Long> dims = new ArrayList<>();
        for (int d = 0; d < rank; d++) {
          dims.add(in.getLong());
        }
        parts.add(new PartShape(part, dtype, dims));
      }
      if (in.hasRemaining() || parts.stream().map(PartShape::part).distinct().count() != count) {
        throw new TransferException(TransferError.PROTOCOL, "malformed opening");
      }
      return new Hello(ticket, requestId, fingerprint, List.copyOf(parts));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new TransferException(TransferError.PROTOCOL, "malformed opening", e);
    }
  }

  private static void putText(ByteBuffer out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    if (utf8.length > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException("request id or fingerprint is too long");
    }
    out.putShort((short) utf8.length).put(utf8);
  }

  private static byte[] getBytes(ByteBuffer in, int cap) throws TransferException {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > cap || length > in.remaining()) {
      throw new TransferException(TransferError.PROTOCOL, "field is too long");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}

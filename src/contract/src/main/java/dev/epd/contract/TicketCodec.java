package dev.epd.contract;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The signed part of a ticket, big endian: magic (1), version (1), kind (1), epoch (8), part (4),
 * expiry in milliseconds (8), port (2), then reservation, host, fingerprint, request and tenant as
 * length (2) and UTF-8. The signature (32) follows.
 */
final class TicketCodec {
  static final String PURPOSE = "epd-ticket";
  static final int MAX_BYTES = 25 + 5 * (2 + Ticket.MAX_TEXT_BYTES) + ClusterKey.SIGNATURE_BYTES;
  private static final byte MAGIC = 'T';
  private static final byte VERSION = 1;

  private TicketCodec() {}

  /** Returns the bytes with room for the signature at the end. */
  static byte[] encode(Ticket ticket) {
    ByteBuffer out = ByteBuffer.allocate(MAX_BYTES);
    out.put(MAGIC).put(VERSION).put((byte) ticket.kind().ordinal());
    out.putLong(ticket.epoch()).putInt(ticket.part()).putLong(ticket.expiry().toEpochMilli());
    out.putShort((short) ticket.port());
    putText(out, ticket.reservationId());
    putText(out, ticket.host());
    putText(out, ticket.modelFingerprint());
    putText(out, ticket.requestId());
    putText(out, ticket.tenant());
    byte[] bytes = new byte[out.position() + ClusterKey.SIGNATURE_BYTES];
    out.flip().get(bytes, 0, bytes.length - ClusterKey.SIGNATURE_BYTES);
    return bytes;
  }

  static Ticket decode(byte[] bytes, int length) throws TicketException {
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
    try {
      if (in.get() != MAGIC || in.get() != VERSION) {
        throw malformed("not a ticket of version " + VERSION);
      }
      int kind = in.get();
      if (kind < 0 || kind >= Ticket.Kind.values().length) {
        throw malformed("unknown kind " + kind);
      }
      long epoch = in.getLong();
      int part = in.getInt();
      Instant expiry = Instant.ofEpochMilli(in.getLong());
      int port = Short.toUnsignedInt(in.getShort());
      Ticket ticket =
          new Ticket(
              Ticket.Kind.values()[kind],
              getTextOf(in, 0),
              part,
              epoch,
              getTextOf(in, 1),
              port,
              getTextOf(in, 2),
              getTextOf(in, 3),
              getTextOf(in, 4),
              expiry);
      if (in.hasRemaining()) {
        throw malformed("bytes after the last field");
      }
      return ticket;
    } catch (BufferUnderflowException e) {
      throw malformed("cut short");
    } catch (CharacterCodingException e) {
      throw malformed("text that is not UTF-8");
    } catch (IllegalArgumentException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
  }

  private static TicketException malformed(String what) {
    return new TicketException(TicketException.Reason.MALFORMED, "malformed ticket: " + what);
  }

  private static void putText(ByteBuffer out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.putShort((short) utf8.length).put(utf8);
  }

  private static String getTextOf(ByteBuffer in, int field)
      throws TicketException, CharacterCodingException {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > Ticket.MAX_TEXT_BYTES || length > in.remaining()) {
      throw malformed("text field " + field + " is too long");
    }
    ByteBuffer utf8 = in.slice(in.position(), length);
    in.position(in.position() + length);
    return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
  }
}

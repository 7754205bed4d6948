package dev.epd.contract;

/** Mints tickets; only the gateway does. */
public final class TicketSigner {
  private final ClusterKey key;

  public TicketSigner(ClusterKey key) {
    this.key = key;
  }

  /** Returns the ticket's binary form with its signature. */
  public byte[] sign(Ticket ticket) {
    byte[] bytes = TicketCodec.encode(ticket);
    int signed = bytes.length - ClusterKey.SIGNATURE_BYTES;
    byte[] signature = key.sign(TicketCodec.PURPOSE, bytes, signed);
    System.arraycopy(signature, 0, bytes, signed, signature.length);
    return bytes;
  }
}

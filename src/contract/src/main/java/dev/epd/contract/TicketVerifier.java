package dev.epd.contract;

import java.time.InstantSource;
import java.util.Arrays;

/**
 * Checks tickets. Both ends do: the pusher before it connects to the address in the ticket, the
 * receiver before it accepts a byte.
 */
public final class TicketVerifier {
  /** Longest ticket there can be. */
  public static final int MAX_TICKET_BYTES = TicketCodec.MAX_BYTES;

  private final ClusterKey key;
  private final InstantSource clock;

  public TicketVerifier(ClusterKey key, InstantSource clock) {
    this.key = key;
    this.clock = clock;
  }

  /**
   * Checks signature and expiry, in this order: nothing unsigned is ever interpreted.
   *
   * @throws TicketException with the reason
   */
  public Ticket verify(byte[] ticket) throws TicketException {
    int signed = ticket.length - ClusterKey.SIGNATURE_BYTES;
    if (signed < 0 || ticket.length > MAX_TICKET_BYTES) {
      throw new TicketException(
          TicketException.Reason.MALFORMED,
          "malformed ticket: " + ticket.length + " bytes is not a ticket's length");
    }
    byte[] found = Arrays.copyOfRange(ticket, signed, ticket.length);
    if (!key.isSignature(found, TicketCodec.PURPOSE, ticket, signed)) {
      throw new TicketException(
          TicketException.Reason.BAD_SIGNATURE,
          "the ticket is not signed with this cluster's key, or was changed");
    }
    Ticket verified = TicketCodec.decode(ticket, signed);
    if (!clock.instant().isBefore(verified.expiry())) {
      throw new TicketException(
          TicketException.Reason.EXPIRED, "the ticket expired at " + verified.expiry());
    }
    return verified;
  }

  /** As {@link #verify(byte[])}, and refuses a ticket of another kind. */
  public Ticket verify(byte[] ticket, Ticket.Kind kind) throws TicketException {
    Ticket verified = verify(ticket);
    if (verified.kind() != kind) {
      throw new TicketException(
          TicketException.Reason.WRONG_KIND,
          "a ticket for " + verified.kind() + " was shown where one for " + kind + " is needed");
    }
    return verified;
  }
}

package dev.epd.contract;

/** A ticket was refused. The message is safe to log and names no secret. */
public final class TicketException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why a ticket was refused. */
  public enum Reason {
    /** Not a ticket of a known version, or a field out of its range. */
    MALFORMED,
    /** Not signed with this cluster's key, or changed since. */
    BAD_SIGNATURE,
    EXPIRED,
    /** A genuine ticket for something else. */
    WRONG_KIND
  }

  private final Reason reason;

  public TicketException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}

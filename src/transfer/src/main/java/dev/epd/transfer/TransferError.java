package dev.epd.transfer;

import dev.epd.contract.ErrorKind;

/** Why a push or reservation failed. */
public enum TransferError {
  /** Bytes that are not this protocol, or frames in a wrong order. */
  PROTOCOL(1, ErrorKind.INTERNAL),
  UNSUPPORTED_VERSION(2, ErrorKind.INTERNAL),
  /** Forged, changed or malformed ticket, or a part that it does not cover. */
  TICKET_REFUSED(3, ErrorKind.UNAUTHENTICATED),
  TICKET_EXPIRED(4, ErrorKind.RESERVATION_LOST),
  /** Never made here, or released. */
  UNKNOWN_RESERVATION(5, ErrorKind.RESERVATION_LOST),
  /** A later attempt was seen. */
  STALE_EPOCH(6, ErrorKind.RESERVATION_LOST),
  /** A later attempt took over while this one ran. */
  SUPERSEDED(7, ErrorKind.RESERVATION_LOST),
  /** This attempt is already running over another connection. */
  DUPLICATE_PUSH(8, ErrorKind.RESERVATION_LOST),
  /** Another request or model than the reservation's. */
  WRONG_IDENTITY(9, ErrorKind.MODEL_MISMATCH),
  /** Another dtype or row than reserved, or more rows. */
  WRONG_SHAPE(10, ErrorKind.MODEL_MISMATCH),
  /** Bytes were changed, lost or swapped on the way. */
  CHECKSUM(11, ErrorKind.UNAVAILABLE),
  /** A range outside its part, or one that was sent before. */
  WRONG_RANGE(12, ErrorKind.INTERNAL),
  /** Finished before every byte was sent. */
  INCOMPLETE(13, ErrorKind.INTERNAL),
  /** The reservation's lease ran out. */
  EXPIRED(14, ErrorKind.RESERVATION_LOST),
  RELEASED(15, ErrorKind.RESERVATION_LOST),
  /** As many connections as allowed. */
  BUSY(16, ErrorKind.OVERLOADED),
  /** The peer said nothing for too long. */
  TIMEOUT(17, ErrorKind.UNAVAILABLE),
  CONNECTION_LOST(18, ErrorKind.UNAVAILABLE),
  /** By the pusher. */
  CANCELLED(19, ErrorKind.CANCELLED),
  /** The receiver is shutting down. */
  SHUTDOWN(20, ErrorKind.UNAVAILABLE),
  /** A fault of the receiver itself. */
  INTERNAL(21, ErrorKind.INTERNAL);

  private final byte code;
  private final ErrorKind errorKind;

  TransferError(int code, ErrorKind errorKind) {
    this.code = (byte) code;
    this.errorKind = errorKind;
  }

  /** What a role reports to its caller. */
  public ErrorKind errorKind() {
    return errorKind;
  }

  byte code() {
    return code;
  }

  static TransferError ofCode(byte code) {
    for (TransferError error : values()) {
      if (error.code == code) {
        return error;
      }
    }
    return PROTOCOL;
  }
}

package dev.epd.transfer;

/**
 * Progress of a reservation. Called on a connection's thread, without locks held: a call may
 * release or commit, but should not compute.
 */
public interface ReservationListener {
  /** Nothing to tell. */
  ReservationListener NONE = new ReservationListener() {};

  /**
   * Every byte of a part is there and checked. Of KV parts a later epoch may come again until
   * {@link #onComplete}.
   */
  default void onPart(int part, long epoch) {}

  /** All parts are there and checked. */
  default void onComplete(long epoch) {}

  /**
   * An attempt broke off before all its parts were acknowledged. The reservation stays open for
   * another one.
   */
  default void onPushFailed(long epoch, TransferException cause) {}

  /** The lease ran out or the server closed: the memory is not written any more. */
  default void onClosed(TransferException cause) {}
}

package dev.epd.transfer;

/** What a transfer counts; called from many threads. */
public interface TransferMetrics {
  /** Counts nothing. */
  TransferMetrics NONE = new TransferMetrics() {};

  /** Payload bytes that passed their checks. */
  default void bytesReceived(long bytes) {}

  default void bytesSent(long bytes) {}

  /** Pushes whose parts were all received. */
  default void pushReceived() {}

  default void pushCommitted() {}

  /** Connections and pushes that ended with an error, on either side. */
  default void failed(TransferError error) {}
}

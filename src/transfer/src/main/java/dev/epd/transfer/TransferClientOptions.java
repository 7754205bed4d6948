package dev.epd.transfer;

import java.time.Duration;

/**
 * Bounds of a client.
 *
 * @param connectTimeout for connecting and for the receiver's first answer, each
 * @param idleTimeout silence after which a receiver counts as dead; receivers ping more often
 * @param pingInterval how often a quiet connection is told that we live
 * @param frameBytes payload of one frame, 1 to {@link #MAX_FRAME_BYTES}
 * @param metrics counters
 */
public record TransferClientOptions(
    Duration connectTimeout,
    Duration idleTimeout,
    Duration pingInterval,
    int frameBytes,
    TransferMetrics metrics) {
  /** Largest payload a receiver accepts in one frame. */
  public static final int MAX_FRAME_BYTES = Frame.MAX_DATA_BYTES;

  public TransferClientOptions {
    if (frameBytes < 1 || frameBytes > MAX_FRAME_BYTES) {
      throw new IllegalArgumentException("frameBytes must be within 1 to " + MAX_FRAME_BYTES);
    }
  }

  public static TransferClientOptions defaults() {
    return new TransferClientOptions(
        Duration.ofSeconds(5),
        Duration.ofSeconds(20),
        Duration.ofSeconds(2),
        1 << 20,
        TransferMetrics.NONE);
  }

  public TransferClientOptions withTimeouts(Duration connect, Duration idle, Duration ping) {
    return new TransferClientOptions(connect, idle, ping, frameBytes, metrics);
  }

  public TransferClientOptions withFrameBytes(int bytes) {
    return new TransferClientOptions(connectTimeout, idleTimeout, pingInterval, bytes, metrics);
  }

  public TransferClientOptions withMetrics(TransferMetrics newMetrics) {
    return new TransferClientOptions(
        connectTimeout, idleTimeout, pingInterval, frameBytes, newMetrics);
  }
}

package dev.epd.runtime.roles;

import dev.epd.transfer.TransferError;
import dev.epd.transfer.TransferMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/** What the transfer protocol counts, as meters. */
final class MicrometerTransfers implements TransferMetrics {
  private final MeterRegistry registry;
  private final Counter received;
  private final Counter sent;

  MicrometerTransfers(MeterRegistry registry) {
    this.registry = registry;
    this.received = bytes("received");
    this.sent = bytes("sent");
  }

  private Counter bytes(String direction) {
    return Counter.builder("epd.transfer")
        .description("Payload of tensors that passed their checks")
        .baseUnit("bytes")
        .tag("direction", direction)
        .register(registry);
  }

  @Override
  public void bytesReceived(long bytes) {
    received.increment(bytes);
  }

  @Override
  public void bytesSent(long bytes) {
    sent.increment(bytes);
  }

  @Override
  public void failed(TransferError error) {
    Counter.builder("epd.transfer.failures")
        .description("Pushes and connections that ended with an error")
        .tag("error", error.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
  }
}

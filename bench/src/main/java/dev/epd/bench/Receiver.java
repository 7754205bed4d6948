package dev.epd.bench;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketVerifier;
import dev.epd.transfer.PartShape;
import dev.epd.transfer.PartSpec;
import dev.epd.transfer.Reservation;
import dev.epd.transfer.ReservationListener;
import dev.epd.transfer.ReservationSpec;
import dev.epd.transfer.TransferServer;
import dev.epd.transfer.TransferServerOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Takes embeddings in the place of a prefill, so that whoever sends them is measured alone. */
final class Receiver implements AutoCloseable {
  private static final long EPOCH = 0;
  private static final Duration LEASE = Duration.ofMinutes(2);

  private final TransferServer server;
  private final String fingerprint;

  Receiver(ClusterKey key, String fingerprint) throws IOException {
    this.fingerprint = fingerprint;
    this.server =
        TransferServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new TicketVerifier(key, InstantSource.system()),
            TransferServerOptions.defaults());
  }

  int port() {
    return server.port();
  }

  /** Room for one picture's embeddings, of the request that has the reservation's id. */
  Reservation reserve(String id, PartShape shape, MemorySegment destination) {
    return server.reserve(
        new ReservationSpec(
            Ticket.Kind.EMBEDDINGS,
            id,
            EPOCH,
            id,
            fingerprint,
            List.of(new PartSpec(shape, destination)),
            Instant.now().plus(LEASE),
            ReservationListener.NONE));
  }

  Ticket ticket(String id) {
    return Ticket.forImage(
        id, 0, EPOCH, "127.0.0.1", port(), fingerprint, id, Instant.now().plus(LEASE));
  }

  @Override
  public void close() {
    server.close();
  }
}

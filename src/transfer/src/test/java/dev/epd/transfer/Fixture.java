package dev.epd.transfer;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketSigner;
import dev.epd.contract.TicketVerifier;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A server and a client with one key, and short ways to say common things. */
final class Fixture implements AutoCloseable {
  static final String MODEL = "model-1";
  static final Duration LONG = Duration.ofMinutes(2);

  final TicketSigner signer;
  final TicketVerifier verifier;
  final TransferServer server;
  final TransferClient client;

  Fixture() throws IOException {
    this(TransferServerOptions.defaults(), TransferClientOptions.defaults());
  }

  Fixture(TransferServerOptions serverOptions, TransferClientOptions clientOptions)
      throws IOException {
    this(ClusterKey.random(), serverOptions, clientOptions);
  }

  Fixture(ClusterKey key, TransferServerOptions serverOptions, TransferClientOptions clientOptions)
      throws IOException {
    signer = new TicketSigner(key);
    verifier = new TicketVerifier(key, InstantSource.system());
    server =
        TransferServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), verifier, serverOptions);
    client = new TransferClient(verifier, clientOptions);
  }

  /** Remembers what a reservation was told. */
  static final class Events implements ReservationListener {
    final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();

    @Override
    public void onPart(int part, long epoch) {
      told.add("part " + part + "@" + epoch);
    }

    @Override
    public void onComplete(long epoch) {
      told.add("complete@" + epoch);
    }

    @Override
    public void onPushFailed(long epoch, TransferException cause) {
      told.add("failed@" + epoch + " " + cause.error());
    }

    @Override
    public void onClosed(TransferException cause) {
      told.add("closed " + cause.error());
    }
  }

  static MemorySegment memory(long bytes) {
    return Arena.ofAuto().allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
  }

  static MemorySegment random(long seed, long bytes) {
    MemorySegment segment = memory(bytes);
    byte[] content = new byte[Math.toIntExact(bytes)];
    new Random(seed).nextBytes(content);
    MemorySegment.copy(content, 0, segment, ValueLayout.JAVA_BYTE, 0, content.length);
    return segment;
  }

  Reservation reserve(
      Ticket.Kind kind, String id, ReservationListener listener, PartSpec... parts) {
    return server.reserve(
        new ReservationSpec(
            kind,
            id,
            1,
            "request-" + id,
            MODEL,
            List.of(parts),
            Instant.now().plus(LONG),
            listener));
  }

  Reservation reserveBytes(String id, ReservationListener listener, MemorySegment... parts) {
    PartSpec[] specs = new PartSpec[parts.length];
    for (int i = 0; i < parts.length; i++) {
      specs[i] = new PartSpec(PartShape.of(i, DType.U8, parts[i].byteSize()), parts[i]);
    }
    return reserve(Ticket.Kind.EMBEDDINGS, id, listener, specs);
  }

  byte[] imageTicket(String id, int part, long epoch) {
    return imageTicket(id, part, epoch, server.port());
  }

  byte[] imageTicket(String id, int part, long epoch, int port) {
    return signer.sign(
        Ticket.forImage(
            id, part, epoch, "127.0.0.1", port, MODEL, "request-" + id, Instant.now().plus(LONG)));
  }

  byte[] kvTicket(String id, long epoch) {
    return signer.sign(
        Ticket.forKv(
            id,
            epoch,
            "127.0.0.1",
            server.port(),
            MODEL,
            "request-" + id,
            Instant.now().plus(LONG)));
  }

  static PushSpec push(String id, PartShape... parts) {
    return new PushSpec("request-" + id, MODEL, List.of(parts));
  }

  Push openBytes(byte[] ticket, String id, int part, long size) throws TransferException {
    return client.open(ticket, push(id, PartShape.of(part, DType.U8, size)));
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}

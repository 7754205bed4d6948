package dev.epd.transfer;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.TicketVerifier;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;

/** One end of a push in a process of its own, to be killed. */
final class KilledPeer {
  private KilledPeer() {}

  static final byte[] SECRET = HexFormat.of().parseHex("00112233445566778899aabbccddeeff");

  /** {@code pusher TICKET ID SIZE} or {@code receiver ID SIZE}. */
  public static void main(String[] args) throws Exception {
    TicketVerifier verifier = new TicketVerifier(ClusterKey.of(SECRET), InstantSource.system());
    String id = args[args.length - 2];
    long size = Long.parseLong(args[args.length - 1]);
    PartShape shape = PartShape.of(0, DType.U8, size);
    if (args[0].equals("pusher")) {
      TransferClient client = new TransferClient(verifier, TransferClientOptions.defaults());
      Push push = client.open(HexFormat.of().parseHex(args[1]), Fixture.push(id, shape));
      MemorySegment chunk = Fixture.random(1, 1 << 16);
      // The last bytes are never sent: it is always killed in the middle.
      for (long at = 0; at < size - (1 << 16); at += 1 << 16) {
        push.send(0, at, chunk);
        System.out.println("sent");
        Thread.sleep(1);
      }
    } else {
      TransferServer server =
          TransferServer.start(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
              verifier,
              TransferServerOptions.defaults());
      server.reserve(
          new ReservationSpec(
              dev.epd.contract.Ticket.Kind.EMBEDDINGS,
              id,
              1,
              "request-" + id,
              Fixture.MODEL,
              List.of(new PartSpec(shape, Fixture.memory(size))),
              Instant.now().plus(Fixture.LONG),
              ReservationListener.NONE));
      System.out.println(server.port());
    }
    Thread.sleep(Fixture.LONG);
  }
}

package dev.epd.bench;

import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import dev.epd.contract.ClusterKey;
import dev.epd.contract.TicketSigner;
import dev.epd.contract.TicketVerifier;
import dev.epd.transfer.DType;
import dev.epd.transfer.PartShape;
import dev.epd.transfer.Push;
import dev.epd.transfer.PushSpec;
import dev.epd.transfer.Reservation;
import dev.epd.transfer.TransferClient;
import dev.epd.transfer.TransferClientOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * A push, with its connection, ticket, checksums and acks, against the same bytes over a bare NIO
 * socket that is open already.
 */
final class TransferBench implements AutoCloseable {
  private static final List<Size> SIZES =
      List.of(new Size(1, 300, 101), new Size(16, 20, 25), new Size(64, 10, 25));
  private static final String MODEL = "none";

  /** The compiler has to see many pushes before they are as fast as in a pod that runs for long. */
  private record Size(int mebibytes, int warmUp, int rounds) {}

  private final Receiver receiver;
  private final TicketSigner signer;
  private final TransferClient client;

  private TransferBench() throws Exception {
    ClusterKey key = ClusterKey.random();
    receiver = new Receiver(key, MODEL);
    signer = new TicketSigner(key);
    client =
        new TransferClient(
            new TicketVerifier(key, InstantSource.system()), TransferClientOptions.defaults());
  }

  static Section run() throws Exception {
    List<Figure> figures = new ArrayList<>();
    try (TransferBench bench = new TransferBench()) {
      for (Size size : SIZES) {
        figures.addAll(bench.measure(size));
      }
    }
    return new Section(
        "Transfer",
        "Bytes from one process' memory into another's reserved memory, here within one process over"
            + " loopback. A *push* opens a connection, shows its ticket, is checked with CRC32C and"
            + " ends with the receiver's word that it has everything; *opened* leaves connection and"
            + " ticket out. *Bare* is a blocking NIO loop without checks over a connection that stands,"
            + " ended by one byte back.",
        figures);
  }

  private List<Figure> measure(Size of) throws Exception {
    int size = of.mebibytes << 20;
    String name = of.mebibytes + " MiB, ";
    MemorySegment source = random(size);
    MemorySegment target = Arena.ofAuto().allocate(size, 64);
    try (BareLoop bare = new BareLoop(target)) {
      return new Rounds("transfer")
          .add(name + "bare", () -> List.of(rate("", size, bare.send(source))))
          .add(name + "push", () -> push(source, target))
          .run(of.warmUp, of.rounds)
          .ratio(name + "push / bare", name + "push", name + "bare")
          .ratio(name + "push opened / bare", name + "push, opened", name + "bare")
          .figures();
    }
  }

  private List<Value> push(MemorySegment source, MemorySegment target) throws Exception {
    String id = UUID.randomUUID().toString();
    PartShape shape = PartShape.of(0, DType.U8, source.byteSize());
    Reservation reservation = receiver.reserve(id, shape, target);
    byte[] ticket = signer.sign(receiver.ticket(id));
    long start = System.nanoTime();
    try (Push push = client.open(ticket, new PushSpec(id, MODEL, List.of(shape)))) {
      long opened = System.nanoTime();
      push.send(0, 0, source);
      push.finish();
      push.received().get();
      long end = System.nanoTime();
      reservation.commit();
      push.committed().get();
      reservation.release();
      return List.of(
          rate("", source.byteSize(), (end - start) / 1e9),
          rate(", opened", source.byteSize(), (end - opened) / 1e9),
          new Value(", time to open", "ms", (opened - start) / 1e6));
    }
  }

  private static Value rate(String what, long bytes, double seconds) {
    return new Value(what, "GB/s", bytes / seconds / 1e9);
  }

  private static MemorySegment random(int size) {
    byte[] content = new byte[size];
    new Random(Main.SEED).nextBytes(content);
    MemorySegment segment = Arena.ofAuto().allocate(size, 64);
    MemorySegment.copy(content, 0, segment, ValueLayout.JAVA_BYTE, 0, size);
    return segment;
  }

  @Override
  public void close() {
    client.close();
    receiver.close();
  }
}

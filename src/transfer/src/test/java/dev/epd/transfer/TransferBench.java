package dev.epd.transfer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A push, with its connection, ticket, checksums and ack, against the same bytes over a bare NIO
 * socket that is open already; one JVM, loopback, taken in turns. Prints medians.
 */
final class TransferBench {
  private static final int ROUNDS = 25;
  private static final int WARM_UP = 8;

  private TransferBench() {}

  public static void main(String[] args) throws Exception {
    try (Fixture fixture = new Fixture()) {
      for (int megabytes : new int[] {1, 16, 64}) {
        run(fixture, megabytes);
      }
    }
  }

  private static void run(Fixture fixture, int megabytes) throws Exception {
    int size = megabytes << 20;
    MemorySegment source = Fixture.random(1, size);
    MemorySegment target = Fixture.memory(size);
    List<Double> bare = new ArrayList<>();
    List<Double> pushed = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    try (ServerSocketChannel listener =
            ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SocketChannel out = SocketChannel.open(listener.getLocalAddress());
        SocketChannel in = listener.accept()) {
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        double b = size / bare(out, in, source, target) / 1e9;
        double p = size / push(fixture, megabytes + "-" + round, source, target) / 1e9;
        if (round >= 0) {
          bare.add(b);
          pushed.add(p);
          ratios.add(p / b);
        }
      }
    }
    System.out.printf(
        "%3d MiB: bare NIO %.2f GB/s, push %.2f GB/s, ratio %.2f (medians of %d)%n",
        megabytes, median(bare), median(pushed), median(ratios), ROUNDS);
  }

  private static double bare(
      SocketChannel out, SocketChannel in, MemorySegment source, MemorySegment target) {
    long start = System.nanoTime();
    CompletableFuture<Void> reader =
        CompletableFuture.runAsync(
            () -> {
              try {
                ByteBuffer into = target.asByteBuffer();
                while (into.hasRemaining()) {
                  in.read(into);
                }
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    try {
      ByteBuffer from = source.asByteBuffer();
      while (from.hasRemaining()) {
        out.write(from);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    reader.join();
    return (System.nanoTime() - start) / 1e9;
  }

  private static double push(Fixture fixture, String id, MemorySegment source, MemorySegment target)
      throws Exception {
    Reservation reservation = fixture.reserveBytes(id, ReservationListener.NONE, target);
    byte[] ticket = fixture.imageTicket(id, 0, 1);
    long start = System.nanoTime();
    try (Push push = fixture.openBytes(ticket, id, 0, source.byteSize())) {
      push.send(0, 0, source);
      push.finish();
      push.received().get();
      double seconds = (System.nanoTime() - start) / 1e9;
      reservation.commit();
      push.committed().get();
      reservation.release();
      return seconds;
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}

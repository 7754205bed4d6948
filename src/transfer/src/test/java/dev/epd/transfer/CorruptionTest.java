package dev.epd.transfer;

import static dev.epd.transfer.Fixture.memory;
import static dev.epd.transfer.Fixture.random;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a bad network or a bad peer may do. */
class CorruptionTest {
  private static final int SIZE = 20_000;
  private static final int FRAME = 1_000;

  /** How the proxy spoils the pusher's bytes. */
  private enum Harm {
    FLIP,
    TRUNCATE,
    SWAP,
    DROP,
    REPEAT
  }

  /** Forwards one connection, with one harm done at a seeded place of the pusher's stream. */
  private static final class Proxy implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());

    Proxy(int target, Harm harm, Random random) throws IOException {
      Thread.startVirtualThread(
          () -> {
            try (Socket in = listener.accept();
                Socket out = new Socket(InetAddress.getLoopbackAddress(), target)) {
              Thread.startVirtualThread(() -> back(out, in));
              forward(in.getInputStream(), out, harm, random);
            } catch (IOException e) {
              // One of the two hung up, as they should.
            }
          });
    }

    int port() {
      return listener.getLocalPort();
    }

    private static void back(Socket from, Socket to) {
      try {
        from.getInputStream().transferTo(to.getOutputStream());
        to.close();
      } catch (IOException e) {
        // The end of the connection.
      }
    }

    private static void forward(InputStream in, Socket out, Harm harm, Random random)
        throws IOException {
      OutputStream sink = out.getOutputStream();
      // Within the opening (a few hundred bytes) or the data that follows.
      int at = random.nextInt(SIZE);
      int span = 1 + random.nextInt(200);
      sink.write(in.readNBytes(at));
      sink.flush();
      switch (harm) {
        case FLIP -> sink.write(in.read() ^ (1 << random.nextInt(8)));
        case TRUNCATE -> {
          out.close();
          return;
        }
        case SWAP -> {
          byte[] first = in.readNBytes(span);
          byte[] second = in.readNBytes(span);
          sink.write(second);
          sink.write(first);
        }
        case DROP -> in.readNBytes(span);
        case REPEAT -> {
          byte[] twice = in.readNBytes(span);
          sink.write(twice);
          sink.write(twice);
        }
      }
      in.transferTo(sink);
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  @Test
  void noHarmedPushIsEverAccepted() throws Exception {
    Duration idle = Duration.ofMillis(700);
    AtomicLong failures = new AtomicLong();
    TransferMetrics metrics =
        new TransferMetrics() {
          @Override
          public void failed(TransferError error) {
            failures.incrementAndGet();
          }
        };
    try (Fixture f =
        new Fixture(
            TransferServerOptions.defaults()
                .withTimeouts(idle, idle, Duration.ofSeconds(1))
                .withMetrics(metrics),
            TransferClientOptions.defaults()
                .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(60))
                .withFrameBytes(FRAME))) {
      int accepted = 0;
      int trials = 60;
      for (int seed = 0; seed < trials; seed++) {
        Harm harm = Harm.values()[seed % Harm.values().length];
        String id = "r" + seed;
        MemorySegment source = random(seed, SIZE);
        MemorySegment target = memory(SIZE);
        Reservation reservation = f.reserveBytes(id, ReservationListener.NONE, target);
        try (Proxy proxy = new Proxy(f.server.port(), harm, new Random(seed));
            Push push = f.openBytes(f.imageTicket(id, 0, 1, proxy.port()), id, 0, SIZE)) {
          push.send(0, 0, source);
          push.finish();
          push.received().get(60, TimeUnit.SECONDS);
          accepted++;
        } catch (TransferException | java.util.concurrent.ExecutionException e) {
          assertThat(reservation.received()).isNotDone();
        }
        // The same reservation takes an unharmed attempt.
        Push again = f.openBytes(f.imageTicket(id, 0, 2), id, 0, SIZE);
        again.send(0, 0, source);
        again.finish();
        again.received().get(60, TimeUnit.SECONDS);
        assertThat(target.mismatch(source)).isEqualTo(-1);
        reservation.release();
      }
      assertThat(accepted).isZero();
      assertThat(failures.get()).isGreaterThanOrEqualTo(trials);
    }
  }

  @Test
  void randomBytesHarmNobody() throws Exception {
    Duration soon = Duration.ofMillis(500);
    try (Fixture f =
        new Fixture(
            TransferServerOptions.defaults()
                .withTimeouts(soon, Duration.ofSeconds(20), Duration.ofSeconds(2)),
            TransferClientOptions.defaults())) {
      MemorySegment target = memory(SIZE);
      f.reserveBytes("r", ReservationListener.NONE, target);
      byte[] hello =
          new Hello(
                  f.imageTicket("r", 0, 1),
                  "request-r",
                  Fixture.MODEL,
                  java.util.List.of(PartShape.of(0, DType.U8, SIZE)))
              .encode();
      for (int seed = 0; seed < 300; seed++) {
        Random random = new Random(seed);
        byte[] junk = new byte[random.nextInt(2000)];
        random.nextBytes(junk);
        if (seed % 3 == 1 && junk.length > 36) {
          Frame.put(
              java.nio.ByteBuffer.wrap(junk),
              Frame.Type.values()[random.nextInt(8)],
              random.nextInt(),
              0,
              random.nextLong(),
              random.nextInt());
        }
        try (SocketChannel channel =
            SocketChannel.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), f.server.port()))) {
          if (seed % 3 == 2) {
            // Correct frames with a changed opening inside.
            byte[] changed = hello.clone();
            for (int i = 0; i < 3; i++) {
              changed[random.nextInt(changed.length)] ^= (byte) (1 + random.nextInt(255));
            }
            new FrameChannel(channel).write(Frame.Type.HELLO, changed);
          } else {
            channel.write(java.nio.ByteBuffer.wrap(junk));
          }
        } catch (IOException e) {
          // It hung up on us already.
        }
      }
      Push push = f.openBytes(f.imageTicket("r", 0, 1_000_000), "r", 0, SIZE);
      push.send(0, 0, random(1, SIZE));
      push.finish();
      push.received().get(60, TimeUnit.SECONDS);
      assertThat(target.mismatch(random(1, SIZE))).isEqualTo(-1);
    }
  }

  @Test
  void slowOpeningsGiveWayAndConnectionsAreBounded() throws Exception {
    try (Fixture f =
        new Fixture(
            TransferServerOptions.defaults().withMaxConnections(20, 4),
            TransferClientOptions.defaults())) {
      f.reserveBytes("r", ReservationListener.NONE, memory(10));
      SocketChannel[] slow = new SocketChannel[100];
      for (int i = 0; i < slow.length; i++) {
        slow[i] =
            SocketChannel.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), f.server.port()));
        assertThat(f.server.connectionCount()).isLessThanOrEqualTo(20);
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (f.server.connectionCount() > 4 && System.nanoTime() < end) {
        Thread.sleep(10);
      }
      Push push = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 10);
      push.send(0, 0, random(1, 10));
      push.finish();
      push.received().get(60, TimeUnit.SECONDS);
      for (SocketChannel channel : slow) {
        channel.close();
      }
    }
  }
}

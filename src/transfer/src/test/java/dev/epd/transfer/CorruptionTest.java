package dev.epd.transfer;

import static dev.epd.transfer.Fixture.memory;
import static dev.epd.transfer.Fixture.random;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.transfer.HarmfulProxy.Harm;
import dev.epd.transfer.HarmfulProxy.Place;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a bad network or a bad peer may do. */
class CorruptionTest {
  private static final int SIZE = 20_000;
  private static final int FRAME = 1_000;

  /** Nobody waits for these: a harm that shows must show at once. */
  private static final TransferServerOptions PATIENT_SERVER =
      TransferServerOptions.defaults().withTimeouts(Fixture.LONG, Fixture.LONG, Fixture.LONG);

  private static final TransferClientOptions PATIENT_CLIENT =
      TransferClientOptions.defaults()
          .withTimeouts(Fixture.LONG, Fixture.LONG, Fixture.LONG)
          .withFrameBytes(FRAME);

  private static Place place(Harm harm, int seed, int opening, Random random) {
    int heads = Frame.HEAD_BYTES;
    return switch (seed % 3) {
      // Within the opening; what is dropped or swapped across its end would only be silence.
      case 0 -> {
        int at = random.nextInt(opening - 2);
        yield new Place(true, at, 1 + random.nextInt((opening - at) / 2));
      }
      // Within the data, with more to follow.
      case 1 ->
          new Place(
              true,
              opening + random.nextInt((SIZE / FRAME - 1) * (FRAME + heads) - 400),
              1 + random.nextInt(200));
      // Within the head of the receiver's answer: what is repeated up to an answer's very end
      // harms the next frame only.
      default -> {
        int at = random.nextInt(heads);
        yield new Place(
            false, at, harm == Harm.SWAP ? (heads + 12 - at) / 2 : 1 + random.nextInt(heads - at));
      }
    };
  }

  @Test
  void everyHarmThatShowsEndsBothSidesAtOnceAndNoneIsAccepted() throws Exception {
    try (Fixture f = new Fixture(PATIENT_SERVER, PATIENT_CLIENT)) {
      for (int seed = 0; seed < 300; seed++) {
        Harm harm = Harm.values()[seed / 3 % Harm.values().length];
        if (harm == Harm.DROP && seed % 3 != 1) {
          continue;
        }
        harmed(f, harm, seed);
      }
    }
  }

  private static void harmed(Fixture f, Harm harm, int seed) throws Exception {
    String id = "r" + seed;
    String what = harm + " " + seed;
    Random random = new Random(seed);
    MemorySegment source = random(seed, SIZE);
    MemorySegment target = memory(SIZE);
    Fixture.Events events = new Fixture.Events();
    Reservation reservation = f.reserveBytes(id, events, target);
    PartShape shape = PartShape.of(0, DType.U8, SIZE);
    int opening =
        Frame.HEAD_BYTES
            + new Hello(f.imageTicket(id, 0, 1), "request-" + id, Fixture.MODEL, List.of(shape))
                .encode()
                .length;
    Place place = place(harm, seed, opening, random);
    CompletableFuture<@Nullable TransferError> failed = new CompletableFuture<>();
    try (HarmfulProxy proxy = new HarmfulProxy(f.server.port(), harm, place, random)) {
      Thread.startVirtualThread(
          () -> failed.complete(push(f, f.imageTicket(id, 0, 1, proxy.port()), id, source)));
      assertThat(failed.get(30, TimeUnit.SECONDS)).as(what).isNotNull();
    }
    if (place.ofPusher() && place.at() >= opening || !place.ofPusher()) {
      await(what, () -> events.told.stream().anyMatch(e -> e.startsWith("failed@1 ")));
    }
    await(what, () -> f.server.connectionCount() == 0);
    assertThat(reservation.received()).as(what).isNotDone();
    // The same reservation takes an unharmed attempt.
    assertThat(push(f, f.imageTicket(id, 0, 2), id, source)).as(what).isNull();
    assertThat(target.mismatch(source)).isEqualTo(-1);
    reservation.release();
  }

  /** Returns why it failed, or null. */
  private static @Nullable TransferError push(
      Fixture f, byte[] ticket, String id, MemorySegment source) {
    try (Push push = f.openBytes(ticket, id, 0, source.byteSize())) {
      push.send(0, 0, source);
      push.finish();
      push.received().join();
      return null;
    } catch (TransferException e) {
      return e.error();
    } catch (CompletionException e) {
      return e.getCause() instanceof TransferException t ? t.error() : TransferError.INTERNAL;
    }
  }

  private static void await(String what, BooleanSupplier state) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!state.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      Thread.sleep(1);
    }
  }

  @Test
  void bytesThatNeverComeEndBothSidesWhenTheSilenceIsTooLong() throws Exception {
    Duration idle = Duration.ofMillis(500);
    try (Fixture f =
        new Fixture(
            TransferServerOptions.defaults().withTimeouts(Fixture.LONG, idle, Fixture.LONG),
            PATIENT_CLIENT)) {
      Fixture.Events events = new Fixture.Events();
      f.reserveBytes("r", events, memory(SIZE));
      Place tail = new Place(true, SIZE, SIZE);
      try (HarmfulProxy proxy = new HarmfulProxy(f.server.port(), Harm.DROP, tail, new Random(1))) {
        assertThat(push(f, f.imageTicket("r", 0, 1, proxy.port()), "r", random(1, SIZE)))
            .isEqualTo(TransferError.TIMEOUT);
      }
      await("told", () -> events.told.contains("failed@1 TIMEOUT"));
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
                  List.of(PartShape.of(0, DType.U8, SIZE)))
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
      Push push = openedAfterTheRush(f);
      push.send(0, 0, random(1, 10));
      push.finish();
      push.received().get(60, TimeUnit.SECONDS);
      for (SocketChannel channel : slow) {
        channel.close();
      }
    }
  }

  /** Who is told that the server is busy comes again: some of the rush may not be accepted yet. */
  private static Push openedAfterTheRush(Fixture f) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        return f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 10);
      } catch (TransferException e) {
        if (e.error() != TransferError.BUSY || System.nanoTime() > end) {
          throw e;
        }
        Thread.sleep(10);
      }
    }
  }
}

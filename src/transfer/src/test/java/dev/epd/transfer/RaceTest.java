package dev.epd.transfer;

import static dev.epd.transfer.Fixture.memory;
import static dev.epd.transfer.Fixture.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.epd.contract.Ticket;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Two things at once: a write and the end of the right to it, by each way it can end. */
class RaceTest {
  private static final int BIG = 32 << 20;

  private static Fixture patient() throws IOException {
    return new Fixture(
        TransferServerOptions.defaults().withTimeouts(Fixture.LONG, Fixture.LONG, Fixture.LONG),
        TransferClientOptions.defaults().withTimeouts(Fixture.LONG, Fixture.LONG, Fixture.LONG));
  }

  private static void await(BooleanSupplier state) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!state.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(2);
    }
  }

  private static TransferError errorOf(CompletableFuture<?> future) throws Exception {
    return assertThatThrownBy(() -> future.get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .actual()
                .getCause()
            instanceof TransferException e
        ? e.error()
        : TransferError.INTERNAL;
  }

  private static CompletableFuture<Void> sending(Push push, MemorySegment source) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            push.send(0, 0, source);
          } catch (TransferException e) {
            throw new java.util.concurrent.CompletionException(e);
          }
        });
  }

  @Test
  void closingTheServerOrTheLeaseEndsEveryWriteBeforeItIsTold() throws Exception {
    MemorySegment source = random(1, BIG);
    for (int i = 0; i < 20; i++) {
      try (Fixture f = patient()) {
        MemorySegment target = memory(BIG);
        MemorySegment filled = memory(BIG).fill((byte) 0x5a);
        CompletableFuture<TransferError> closed = new CompletableFuture<>();
        Reservation reservation =
            f.reserveBytes(
                "r",
                new ReservationListener() {
                  @Override
                  public void onClosed(TransferException cause) {
                    target.fill((byte) 0x5a);
                    closed.complete(cause.error());
                  }
                },
                target);
        Push push = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, BIG);
        CompletableFuture<Void> sending = sending(push, source.asSlice(0, BIG - 1));
        Thread.sleep(i % 7);
        if (i % 2 == 0) {
          f.server.close();
        } else {
          reservation.extend(Instant.now());
        }
        TransferError why = closed.get(60, TimeUnit.SECONDS);
        assertThat(why).isEqualTo(i % 2 == 0 ? TransferError.SHUTDOWN : TransferError.EXPIRED);
        assertThat(errorOf(push.received())).isEqualTo(why);
        sending.handle((r, e) -> null).get(60, TimeUnit.SECONDS);
        await(() -> f.server.connectionCount() == 0);
        assertThat(target.mismatch(filled)).isEqualTo(-1);
      }
    }
  }

  @Test
  void aSupersededWriterLeavesNoByteInItsSuccessorsTensor() throws Exception {
    try (Fixture f = patient()) {
      MemorySegment old = random(1, BIG);
      MemorySegment fresh = random(2, BIG);
      MemorySegment target = memory(BIG);
      for (int i = 0; i < 10; i++) {
        String id = "r" + i;
        Reservation reservation = f.reserveBytes(id, ReservationListener.NONE, target);
        Push first = f.openBytes(f.imageTicket(id, 0, 1), id, 0, BIG);
        CompletableFuture<Void> sending = sending(first, old.asSlice(0, BIG - 1));
        Thread.sleep(i);
        Push second = f.openBytes(f.imageTicket(id, 0, 2), id, 0, BIG);
        second.send(0, 0, fresh);
        second.finish();
        second.received().get(60, TimeUnit.SECONDS);
        assertThat(errorOf(first.received())).isEqualTo(TransferError.SUPERSEDED);
        sending.handle((r, e) -> null).get(60, TimeUnit.SECONDS);
        assertThat(target.mismatch(fresh)).isEqualTo(-1);
        reservation.release();
      }
    }
  }

  @Test
  void connectionsThatArriveWhileTheServerClosesAreClosedToo() throws Exception {
    for (int i = 0; i < 30; i++) {
      Fixture f = patient();
      List<SocketChannel> all = new ArrayList<>();
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), f.server.port());
      Thread closing = Thread.ofPlatform().start(f.server::close);
      try {
        while (all.size() < 200) {
          all.add(SocketChannel.open(address));
        }
      } catch (IOException e) {
        // It listens no more.
      }
      closing.join();
      await(() -> f.server.connectionCount() == 0);
      for (SocketChannel channel : all) {
        channel.close();
      }
      f.close();
    }
  }

  @Test
  void commitBeforeEverythingIsThereIsRefusedAndIdsAreFreeOnlyAfterRelease() throws Exception {
    try (Fixture f = patient()) {
      MemorySegment first = memory(100);
      Reservation reservation = f.reserveBytes("r", ReservationListener.NONE, first);
      Push push = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 100);
      push.send(0, 0, random(1, 99));
      assertThatThrownBy(reservation::commit).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> f.reserveBytes("r", ReservationListener.NONE, memory(100)))
          .isInstanceOf(IllegalStateException.class);
      reservation.release();
      MemorySegment second = memory(100);
      Reservation next =
          f.server.reserve(
              new ReservationSpec(
                  Ticket.Kind.EMBEDDINGS,
                  "r",
                  5,
                  "request-r",
                  Fixture.MODEL,
                  List.of(new PartSpec(PartShape.of(0, DType.U8, 100), second)),
                  Instant.now().plus(Fixture.LONG),
                  ReservationListener.NONE));
      assertThat(errorOf(push.received())).isEqualTo(TransferError.RELEASED);
      assertThat(
              catchThrowableOfType(
                      TransferException.class,
                      () -> f.openBytes(f.imageTicket("r", 0, 4), "r", 0, 100))
                  .error())
          .isEqualTo(TransferError.STALE_EPOCH);
      reservation.release();
      Push again = f.openBytes(f.imageTicket("r", 0, 5), "r", 0, 100);
      again.send(0, 0, random(2, 100));
      again.finish();
      again.received().get(60, TimeUnit.SECONDS);
      next.commit();
      again.committed().get(60, TimeUnit.SECONDS);
      assertThat(second.mismatch(random(2, 100))).isEqualTo(-1);
    }
  }

  @Test
  void aFailingListenerStillFailsThePushAndTheConnectionEnds() throws Exception {
    try (Fixture f = patient()) {
      Fixture.Events events = new Fixture.Events();
      ReservationListener failing =
          new ReservationListener() {
            @Override
            public void onPart(int part, long epoch) {
              throw new AssertionError("a listener's own fault");
            }

            @Override
            public void onPushFailed(long epoch, TransferException cause) {
              events.onPushFailed(epoch, cause);
            }
          };
      f.reserveBytes("r", failing, memory(10), memory(10));
      Push push =
          f.client.open(
              f.signer.sign(
                  Ticket.forImage(
                      "r",
                      0,
                      1,
                      "127.0.0.1",
                      f.server.port(),
                      Fixture.MODEL,
                      "request-r",
                      Instant.now().plus(Fixture.LONG))),
              Fixture.push("r", PartShape.of(0, DType.U8, 10)));
      push.send(0, 0, random(1, 10));
      assertThat(errorOf(push.received())).isEqualTo(TransferError.INTERNAL);
      await(() -> events.told.contains("failed@1 INTERNAL"));
      await(() -> f.server.connectionCount() == 0);
    }
  }

  /** The receiver takes the opening and then reads nothing, as a stopped process. */
  @Test
  void cancellingReturnsWhenTheReceiverReadsNothing() throws Exception {
    try (Fixture f = patient();
        ServerSocketChannel deaf =
            ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      int port = ((InetSocketAddress) deaf.getLocalAddress()).getPort();
      int chunk = 4096;
      int stuckAt = Integer.MAX_VALUE;
      List<SocketChannel> held = new ArrayList<>();
      // First to learn how much the sockets take, then to cancel exactly there, and close by.
      for (int back = -1; back < 4; back++) {
        CompletableFuture<SocketChannel> accepted = acceptOne(deaf);
        Push push = f.openBytes(f.imageTicket("r", 0, 1, port), "r", 0, BIG);
        held.add(accepted.get(60, TimeUnit.SECONDS));
        AtomicInteger sent = new AtomicInteger();
        int limit = back < 0 ? Integer.MAX_VALUE : stuckAt - back;
        Thread sender =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        while (sent.get() < limit) {
                          push.send(0, (long) sent.get() * chunk, memory(chunk));
                          sent.incrementAndGet();
                        }
                      } catch (TransferException e) {
                        // Cancelled, as it should be.
                      }
                    });
        int before;
        do {
          before = sent.get();
          Thread.sleep(300);
        } while (sent.get() > before && sender.isAlive());
        stuckAt = back < 0 ? sent.get() : stuckAt;
        Thread cancelling = Thread.ofPlatform().daemon().start(push::close);
        assertThat(cancelling.join(java.time.Duration.ofSeconds(30))).isTrue();
        assertThat(errorOf(push.received())).isEqualTo(TransferError.CANCELLED);
        sender.join();
      }
      for (SocketChannel channel : held) {
        channel.close();
      }
    }
  }

  private static CompletableFuture<SocketChannel> acceptOne(ServerSocketChannel listener) {
    CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            SocketChannel channel = listener.accept();
            FrameChannel frames = new FrameChannel(channel);
            Frame opening = frames.readHead();
            if (opening != null) {
              frames.readControl(opening);
              frames.writeHelloOk(new byte[12], 0);
            }
            accepted.complete(channel);
          } catch (IOException e) {
            accepted.completeExceptionally(e);
          }
        });
    return accepted;
  }
}

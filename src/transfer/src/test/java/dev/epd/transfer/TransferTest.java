package dev.epd.transfer;

import static dev.epd.transfer.Fixture.MODEL;
import static dev.epd.transfer.Fixture.memory;
import static dev.epd.transfer.Fixture.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketSigner;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransferTest {
  private static void await(CompletableFuture<?> future) throws Exception {
    future.get(60, TimeUnit.SECONDS);
  }

  private static TransferError errorOf(CompletableFuture<?> future) throws Exception {
    try {
      future.get(60, TimeUnit.SECONDS);
      throw new AssertionError("succeeded");
    } catch (ExecutionException e) {
      return e.getCause() instanceof TransferException t ? t.error() : TransferError.INTERNAL;
    }
  }

  private static TransferError refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(TransferException.class, call).error();
  }

  private static void waitFor(Fixture.Events events, String what) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!events.told.contains(what)) {
      assertThat(System.nanoTime()).as("waiting for %s in %s", what, events.told).isLessThan(end);
      Thread.sleep(5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 1 << 20, (1 << 20) + 1, 64 << 20})
  void bytesArriveAsTheyWere(int size) throws Exception {
    try (Fixture f = new Fixture()) {
      MemorySegment source = random(7, size);
      MemorySegment target = memory(size);
      Fixture.Events events = new Fixture.Events();
      Reservation reservation = f.reserveBytes("r", events, target);
      Push push = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, size);
      push.send(0, 0, source);
      push.finish();
      await(push.received());
      await(reservation.received());
      assertThat(target.mismatch(source)).isEqualTo(-1);
      assertThat(push.committed()).isNotDone();
      reservation.commit();
      await(push.committed());
      assertThat(events.told).containsExactly("part 0@1", "complete@1");
    }
  }

  @Test
  void commitFollowedByReleaseStillTellsThePusher() throws Exception {
    try (Fixture f = new Fixture()) {
      for (int i = 0; i < 50; i++) {
        MemorySegment target = memory(10);
        Reservation reservation = f.reserveBytes("r" + i, ReservationListener.NONE, target);
        Push push = f.openBytes(f.imageTicket("r" + i, 0, 1), "r" + i, 0, 10);
        push.send(0, 0, random(i, 10));
        if (i % 2 == 0) {
          push.finish();
        }
        await(reservation.received());
        reservation.commit();
        reservation.release();
        await(push.committed());
        await(push.received());
      }
    }
  }

  @Test
  void kvComesLayerByLayerInTokenRangesWithFewerRowsThanReserved() throws Exception {
    try (Fixture f = new Fixture()) {
      int layers = 6;
      int rows = 37;
      int row = 16 * 4;
      List<PartSpec> parts = new ArrayList<>();
      List<PartShape> shapes = new ArrayList<>();
      List<MemorySegment> sources = new ArrayList<>();
      for (int p = 0; p < 2 * layers; p++) {
        parts.add(new PartSpec(PartShape.of(p, DType.F32, 128, 2, 8), memory(128L * row)));
        shapes.add(PartShape.of(p, DType.F32, rows, 2, 8));
        sources.add(random(p, (long) rows * row));
      }
      Reservation reservation =
          f.reserve(Ticket.Kind.KV, "kv", ReservationListener.NONE, parts.toArray(new PartSpec[0]));
      Push push = f.client.open(f.kvTicket("kv", 1), new PushSpec("request-kv", MODEL, shapes));
      for (int from = 0; from < rows; from += 16) {
        int to = Math.min(rows, from + 16);
        for (int p = 0; p < 2 * layers; p++) {
          push.send(
              p,
              (long) from * row,
              sources.get(p).asSlice((long) from * row, (long) (to - from) * row));
        }
      }
      push.finish();
      await(push.received());
      for (int p = 0; p < 2 * layers; p++) {
        MemorySegment target = parts.get(p).destination();
        assertThat(target.asSlice(0, (long) rows * row).mismatch(sources.get(p))).isEqualTo(-1);
        assertThat(target.asSlice((long) rows * row).toArray(ValueLayout.JAVA_BYTE))
            .containsOnly(0);
        assertThat(reservation.shape(p).orElseThrow().rows()).isEqualTo(rows);
      }
    }
  }

  @Test
  void manyPushesAtOnceDoNotMixUp() throws Exception {
    try (Fixture f = new Fixture();
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      int n = 100;
      List<MemorySegment> targets = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        targets.add(memory(100_000 + i));
        f.reserveBytes("r" + i, ReservationListener.NONE, targets.get(i));
      }
      List<Future<?>> sent = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        int k = i;
        sent.add(
            pool.submit(
                () -> {
                  Push push = f.openBytes(f.imageTicket("r" + k, 0, 1), "r" + k, 0, 100_000 + k);
                  push.send(0, 0, random(k, 100_000 + k));
                  push.finish();
                  await(push.received());
                  return null;
                }));
      }
      for (int i = 0; i < n; i++) {
        sent.get(i).get(60, TimeUnit.SECONDS);
        assertThat(targets.get(i).mismatch(random(i, 100_000 + i))).isEqualTo(-1);
      }
    }
  }

  @Test
  void lowerEpochIsRefusedAndHigherOneSupersedes() throws Exception {
    try (Fixture f = new Fixture()) {
      MemorySegment target = memory(1000);
      Fixture.Events events = new Fixture.Events();
      f.reserveBytes("r", events, target);
      Push first = f.openBytes(f.imageTicket("r", 0, 2), "r", 0, 1000);
      first.send(0, 0, random(1, 600));
      assertThat(refusal(() -> f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 1000)))
          .isEqualTo(TransferError.STALE_EPOCH);
      assertThat(refusal(() -> f.openBytes(f.imageTicket("r", 0, 2), "r", 0, 1000)))
          .isEqualTo(TransferError.DUPLICATE_PUSH);
      Push second = f.openBytes(f.imageTicket("r", 0, 3), "r", 0, 1000);
      assertThat(errorOf(first.received())).isEqualTo(TransferError.SUPERSEDED);
      second.send(0, 0, random(2, 1000));
      second.finish();
      await(second.received());
      assertThat(target.mismatch(random(2, 1000))).isEqualTo(-1);
      waitFor(events, "failed@2 SUPERSEDED");
    }
  }

  @Test
  void aReceivedImageIsFinalAndALaterAttemptGetsItsAcks() throws Exception {
    try (Fixture f = new Fixture()) {
      MemorySegment target = memory(1000);
      Reservation reservation = f.reserveBytes("r", ReservationListener.NONE, target, memory(5));
      Push first = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 1000);
      first.send(0, 0, random(1, 1000));
      await(reservation.received(0));
      Push second = f.openBytes(f.imageTicket("r", 0, 2), "r", 0, 1000);
      assertThat(second.held()).containsExactly(0);
      second.send(0, 0, random(2, 1000));
      second.finish();
      await(second.received());
      assertThat(target.mismatch(random(1, 1000))).isEqualTo(-1);
    }
  }

  @Test
  void aLaterKvAttemptMixesNothingWithAnEarlierOne() throws Exception {
    try (Fixture f = new Fixture()) {
      MemorySegment a = memory(100);
      MemorySegment b = memory(100);
      PartShape shapeA = PartShape.of(0, DType.U8, 100);
      PartShape shapeB = PartShape.of(1, DType.U8, 100);
      Reservation reservation =
          f.reserve(
              Ticket.Kind.KV,
              "kv",
              ReservationListener.NONE,
              new PartSpec(shapeA, a),
              new PartSpec(shapeB, b));
      Push first = f.client.open(f.kvTicket("kv", 1), Fixture.push("kv", shapeA, shapeB));
      first.send(0, 0, random(1, 100));
      await(reservation.received(0));
      Push second = f.client.open(f.kvTicket("kv", 2), Fixture.push("kv", shapeA, shapeB));
      assertThat(second.held()).isEmpty();
      second.send(0, 0, random(3, 100));
      second.send(1, 0, random(4, 100));
      second.finish();
      await(second.received());
      assertThat(a.mismatch(random(3, 100))).isEqualTo(-1);
      assertThat(b.mismatch(random(4, 100))).isEqualTo(-1);
      assertThat(errorOf(first.received())).isEqualTo(TransferError.SUPERSEDED);
    }
  }

  @Test
  void nothingIsWrittenAfterRelease() throws Exception {
    try (Fixture f = new Fixture()) {
      MemorySegment source = random(1, 32 << 20);
      for (int i = 0; i < 30; i++) {
        String id = "r" + i;
        MemorySegment target = memory(source.byteSize());
        Reservation reservation = f.reserveBytes(id, ReservationListener.NONE, target);
        Push push = f.openBytes(f.imageTicket(id, 0, 1), id, 0, source.byteSize());
        CompletableFuture<TransferException> sender =
            CompletableFuture.supplyAsync(
                () ->
                    catchThrowableOfType(
                        TransferException.class,
                        () -> {
                          push.send(0, 0, source);
                          push.finish();
                          push.received().get();
                        }));
        Thread.sleep(i % 10);
        reservation.release();
        target.fill((byte) 0x5a);
        assertThat(errorOf(push.committed())).isEqualTo(TransferError.RELEASED);
        sender.handle((r, e) -> null).get(60, TimeUnit.SECONDS);
        assertThat(target.mismatch(memory(source.byteSize()).fill((byte) 0x5a))).isEqualTo(-1);
        assertThat(refusal(() -> f.openBytes(f.imageTicket(id, 0, 9), id, 0, 1)))
            .isEqualTo(TransferError.UNKNOWN_RESERVATION);
      }
    }
  }

  @Test
  void ticketsIdentityAndShapeAreChecked() throws Exception {
    try (Fixture f = new Fixture()) {
      MemorySegment target = memory(800);
      f.reserve(
          Ticket.Kind.EMBEDDINGS,
          "r",
          ReservationListener.NONE,
          new PartSpec(PartShape.of(0, DType.F32, 10, 20), target));
      byte[] ticket = f.imageTicket("r", 0, 1);
      PartShape fits = PartShape.of(0, DType.F32, 10, 20);
      for (PartShape wrong :
          List.of(
              PartShape.of(0, DType.BF16, 10, 20),
              PartShape.of(0, DType.F32, 10, 21),
              PartShape.of(0, DType.F32, 11, 20),
              PartShape.of(0, DType.F32, 200))) {
        assertThat(refusal(() -> f.client.open(ticket, Fixture.push("r", wrong))))
            .isEqualTo(TransferError.WRONG_SHAPE);
      }
      assertThat(
              refusal(
                  () ->
                      f.client.open(ticket, Fixture.push("r", PartShape.of(1, DType.F32, 10, 20)))))
          .isEqualTo(TransferError.TICKET_REFUSED);
      assertThat(refusal(() -> f.client.open(f.kvTicket("r", 1), Fixture.push("r", fits))))
          .isEqualTo(TransferError.TICKET_REFUSED);
      byte[] forged =
          new TicketSigner(ClusterKey.random())
              .sign(
                  Ticket.forImage(
                      "r",
                      0,
                      1,
                      "127.0.0.1",
                      f.server.port(),
                      MODEL,
                      "request-r",
                      Instant.now().plusSeconds(60)));
      assertThat(refusal(() -> f.client.open(forged, Fixture.push("r", fits))))
          .isEqualTo(TransferError.TICKET_REFUSED);
      byte[] expired =
          f.signer.sign(
              Ticket.forImage(
                  "r",
                  0,
                  1,
                  "127.0.0.1",
                  f.server.port(),
                  MODEL,
                  "request-r",
                  Instant.now().minusSeconds(1)));
      assertThat(refusal(() -> f.client.open(expired, Fixture.push("r", fits))))
          .isEqualTo(TransferError.TICKET_EXPIRED);
      byte[] otherModel =
          f.signer.sign(
              Ticket.forImage(
                  "r",
                  0,
                  1,
                  "127.0.0.1",
                  f.server.port(),
                  "model-2",
                  "request-r",
                  Instant.now().plusSeconds(60)));
      assertThat(
              refusal(
                  () ->
                      f.client.open(
                          otherModel, new PushSpec("request-r", "model-2", List.of(fits)))))
          .isEqualTo(TransferError.WRONG_IDENTITY);
      assertThat(target.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
      // After all these refusals the right one still passes.
      Push push = f.client.open(ticket, Fixture.push("r", fits));
      push.send(0, 0, random(1, 800));
      push.finish();
      await(push.received());
    }
  }

  @Test
  void rangesMustTileThePartExactlyOnce() throws Exception {
    try (Fixture f = new Fixture()) {
      Fixture.Events events = new Fixture.Events();
      f.reserveBytes("r", events, memory(100));
      Push gap = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 100);
      gap.send(0, 50, random(1, 50));
      gap.send(0, 0, random(1, 49));
      gap.finish();
      assertThat(errorOf(gap.received())).isEqualTo(TransferError.INCOMPLETE);
      Push twice = f.openBytes(f.imageTicket("r", 0, 2), "r", 0, 100);
      twice.send(0, 50, random(1, 50));
      twice.send(0, 40, random(1, 20));
      assertThat(errorOf(twice.received())).isEqualTo(TransferError.WRONG_RANGE);
      waitFor(events, "failed@1 INCOMPLETE");
      waitFor(events, "failed@2 WRONG_RANGE");
    }
  }

  @Test
  void aDeadReceiverFailsThePusherAndADeadPusherIsTold() throws Exception {
    Fixture.Events events = new Fixture.Events();
    try (Fixture f = new Fixture()) {
      f.reserveBytes("r", events, memory(100), memory(100));
      Push push = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 100);
      Push dies = f.openBytes(f.imageTicket("r", 1, 1), "r", 1, 100);
      dies.send(1, 0, random(1, 10));
      dies.close();
      waitFor(events, "failed@1 CANCELLED");
      f.server.close();
      assertThat(errorOf(push.received())).isEqualTo(TransferError.SHUTDOWN);
      assertThat(errorOf(push.committed())).isEqualTo(TransferError.SHUTDOWN);
      assertThatThrownBy(() -> push.send(0, 0, random(1, 10)))
          .isInstanceOf(TransferException.class);
      waitFor(events, "closed SHUTDOWN");
    }
  }

  @Test
  void theLeaseEndsBothSides() throws Exception {
    try (Fixture f = new Fixture()) {
      Fixture.Events events = new Fixture.Events();
      Reservation reservation = f.reserveBytes("r", events, memory(100));
      Push push = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 100);
      reservation.extend(Instant.now());
      assertThat(errorOf(push.received())).isEqualTo(TransferError.EXPIRED);
      assertThat(errorOf(reservation.received())).isEqualTo(TransferError.EXPIRED);
      waitFor(events, "closed EXPIRED");
    }
  }

  @Test
  void silenceEndsAPushAndPingsKeepAQuietOneAlive() throws Exception {
    Duration ping = Duration.ofMillis(200);
    Duration idle = Duration.ofSeconds(3);
    try (Fixture f =
        new Fixture(
            TransferServerOptions.defaults().withTimeouts(Duration.ofSeconds(10), idle, ping),
            TransferClientOptions.defaults().withTimeouts(Duration.ofSeconds(10), idle, ping))) {
      f.reserveBytes("r", ReservationListener.NONE, memory(10));
      Push push = f.openBytes(f.imageTicket("r", 0, 1), "r", 0, 10);
      Thread.sleep(idle.plusSeconds(1));
      push.send(0, 0, random(1, 10));
      push.finish();
      await(push.received());
      // A client that never pings and never speaks.
      Fixture.Events events = new Fixture.Events();
      f.reserveBytes("s", events, memory(10));
      try (TransferClient mute =
          new TransferClient(
              f.verifier,
              TransferClientOptions.defaults()
                  .withTimeouts(Duration.ofSeconds(10), Fixture.LONG, Fixture.LONG))) {
        Push silent =
            mute.open(f.imageTicket("s", 0, 1), Fixture.push("s", PartShape.of(0, DType.U8, 10)));
        assertThat(errorOf(silent.received())).isEqualTo(TransferError.TIMEOUT);
      }
      waitFor(events, "failed@1 TIMEOUT");
    }
  }
}

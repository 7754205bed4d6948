package dev.epd.transfer;

import static dev.epd.transfer.Fixture.memory;
import static dev.epd.transfer.Fixture.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.contract.ClusterKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** SIGKILL on either end. No timeout is short enough to help: the socket has to tell. */
class KilledPeerTest {
  private static final int SIZE = 64 << 20;

  private static Fixture patient() throws IOException {
    return new Fixture(
        ClusterKey.of(KilledPeer.SECRET),
        TransferServerOptions.defaults().withTimeouts(Fixture.LONG, Fixture.LONG, Fixture.LONG),
        TransferClientOptions.defaults().withTimeouts(Fixture.LONG, Fixture.LONG, Fixture.LONG));
  }

  private static Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(KilledPeer.class.getName());
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  @Test
  void aKilledPusherIsTold() throws Exception {
    try (Fixture f = patient()) {
      MemorySegment target = memory(SIZE);
      Fixture.Events events = new Fixture.Events();
      Reservation reservation = f.reserveBytes("r", events, target);
      String ticket = HexFormat.of().formatHex(f.imageTicket("r", 0, 1));
      Process pusher = start("pusher", ticket, "r", Integer.toString(SIZE));
      try (BufferedReader out = pusher.inputReader()) {
        assertThat(out.readLine()).isEqualTo("sent");
        assertThat(out.readLine()).isEqualTo("sent");
        pusher.destroyForcibly().waitFor();
      } finally {
        pusher.destroyForcibly();
      }
      await(() -> events.told.contains("failed@1 CONNECTION_LOST"), events.told);
      await(() -> f.server.connectionCount() == 0, "connections");
      assertThat(reservation.received()).isNotDone();
      Push again = f.openBytes(f.imageTicket("r", 0, 2), "r", 0, SIZE);
      MemorySegment source = random(5, SIZE);
      again.send(0, 0, source);
      again.finish();
      again.received().get(60, TimeUnit.SECONDS);
      assertThat(target.mismatch(source)).isEqualTo(-1);
    }
  }

  @Test
  void memoryReleasedWhileItsPusherIsKilledStaysUntouched() throws Exception {
    try (Fixture f = patient()) {
      MemorySegment target = memory(SIZE);
      Reservation reservation = f.reserveBytes("r", ReservationListener.NONE, target);
      String ticket = HexFormat.of().formatHex(f.imageTicket("r", 0, 1));
      Process pusher = start("pusher", ticket, "r", Integer.toString(SIZE));
      try (BufferedReader out = pusher.inputReader()) {
        assertThat(out.readLine()).isEqualTo("sent");
        pusher.destroyForcibly();
        reservation.release();
        target.fill((byte) 0x5a);
        pusher.waitFor();
      } finally {
        pusher.destroyForcibly();
      }
      await(() -> f.server.connectionCount() == 0, "connections");
      assertThat(target.mismatch(memory(SIZE).fill((byte) 0x5a))).isEqualTo(-1);
    }
  }

  @Test
  void aKilledReceiverFailsAPusherThatIsStuckInAWrite() throws Exception {
    try (Fixture f = patient()) {
      Process receiver = start("receiver", "r", Integer.toString(SIZE));
      try (BufferedReader out = receiver.inputReader()) {
        int port = Integer.parseInt(out.readLine());
        Push push = f.openBytes(f.imageTicket("r", 0, 1, port), "r", 0, SIZE);
        push.send(0, 0, random(1, 1000));
        // Stopped, it does not read: 64 MiB do not fit into the sockets' buffers.
        new ProcessBuilder("kill", "-STOP", Long.toString(receiver.pid())).start().waitFor();
        CompletableFuture<Void> stuck =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    push.send(0, 1000, memory(SIZE - 1000));
                  } catch (TransferException e) {
                    throw new java.util.concurrent.CompletionException(e);
                  }
                });
        receiver.destroyForcibly().waitFor();
        for (CompletableFuture<Void> told : List.of(stuck, push.received(), push.committed())) {
          assertThatThrownBy(() -> told.get(60, TimeUnit.SECONDS))
              .isInstanceOf(ExecutionException.class)
              .cause()
              .isInstanceOf(TransferException.class)
              .satisfies(
                  e ->
                      assertThat(((TransferException) e).error())
                          .isEqualTo(TransferError.CONNECTION_LOST));
        }
      } finally {
        receiver.destroyForcibly();
      }
    }
  }

  private static void await(java.util.function.BooleanSupplier state, Object what)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!state.getAsBoolean()) {
      assertThat(System.nanoTime()).as("%s", what).isLessThan(end);
      Thread.sleep(5);
    }
  }
}

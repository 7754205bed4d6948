package dev.epd.transfer;

import static dev.epd.transfer.Fixture.memory;
import static dev.epd.transfer.Fixture.random;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a pusher with a good ticket may put on the wire after its opening. */
class FrameFuzzTest {
  private static final int SIZE = 10_000;
  private static final int GUARD = 16 << 20;
  private static final int TRIALS = 600;

  @Test
  void nothingIsAcceptedWrittenOutsideAllocatedOrLeftRunning() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Fixture f =
        new Fixture(
            TransferServerOptions.defaults().withTimeouts(Fixture.LONG, Fixture.LONG, Fixture.LONG),
            TransferClientOptions.defaults())) {
      MemorySegment all = memory(2L * GUARD + SIZE).fill((byte) 0x5a);
      MemorySegment target = all.asSlice(GUARD, SIZE);
      Fixture.Events events = new Fixture.Events();
      Reservation reservation = f.reserveBytes("r", events, target);
      long before = threads.getTotalThreadAllocatedBytes();
      for (int seed = 0; seed < TRIALS; seed++) {
        Random random = new Random(seed);
        PushSpec spec = Fixture.push("r", PartShape.of(0, DType.U8, SIZE));
        try (RawPusher raw =
            new RawPusher(f.server.port(), f.imageTicket("r", 0, seed + 1), spec)) {
          spoil(raw, random, seed);
          raw.channel.shutdownOutput();
          awaitNoConnection(f, seed);
        }
        assertThat(reservation.received()).as("seed %d", seed).isNotDone();
      }
      // A trial needs some kilobytes on both sides; a believed length would cost megabytes.
      assertThat(threads.getTotalThreadAllocatedBytes() - before).isLessThan(TRIALS * 512L << 10);
      MemorySegment untouched = memory(GUARD).fill((byte) 0x5a);
      assertThat(all.asSlice(0, GUARD).mismatch(untouched)).isEqualTo(-1);
      assertThat(all.asSlice(GUARD + SIZE).mismatch(untouched)).isEqualTo(-1);
      assertThat(events.told).allMatch(e -> e.startsWith("failed@"));
      Push push = f.openBytes(f.imageTicket("r", 0, TRIALS + 1), "r", 0, SIZE);
      push.send(0, 0, random(1, SIZE));
      push.finish();
      push.received().get(60, TimeUnit.SECONDS);
      assertThat(target.mismatch(random(1, SIZE))).isEqualTo(-1);
    }
  }

  private static void spoil(RawPusher raw, Random random, int seed) {
    byte[] payload = new byte[random.nextInt(3000)];
    random.nextBytes(payload);
    switch (seed % 5) {
      case 0 -> raw.send(payload);
      // Correctly signed frames with any part, offset and length.
      case 1 -> raw.send(raw.frame(Frame.Type.DATA, 0, 1, wild(random), payload.length, payload));
      case 2 -> {
        int claimed = random.nextBoolean() ? random.nextInt() : random.nextInt(9 << 20);
        raw.send(raw.frame(Frame.Type.DATA, random.nextInt(3) - 1, 1, 0, claimed, payload));
      }
      // Control frames where none belongs.
      case 3 -> {
        Frame.Type[] types = Frame.Type.values();
        Frame.Type type = types[random.nextInt(types.length)];
        raw.send(raw.frame(type, 0, 1, 0, payload.length, payload));
      }
      // A good frame, then the same with a few bytes changed, or again as it is.
      default -> {
        byte[] good = raw.frame(Frame.Type.DATA, 0, 1, 0, payload.length, payload);
        raw.send(good);
        int changes = random.nextInt(4);
        for (int i = 0; i < changes; i++) {
          good[random.nextInt(good.length)] ^= (byte) (1 + random.nextInt(255));
        }
        raw.send(good);
      }
    }
  }

  private static long wild(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextLong();
      case 1 -> Long.MAX_VALUE - random.nextInt(2000);
      case 2 -> SIZE - random.nextInt(2);
      default -> -1 - random.nextInt(SIZE);
    };
  }

  private static void awaitNoConnection(Fixture f, int seed) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (f.server.connectionCount() > 0) {
      assertThat(System.nanoTime()).as("seed %d", seed).isLessThan(end);
      Thread.sleep(1);
    }
  }
}

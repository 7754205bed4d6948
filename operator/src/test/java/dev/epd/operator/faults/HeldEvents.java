package dev.epd.operator.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Holds events back for a while, each watch's in their order. */
final class HeldEvents implements Weather, AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(20);

  private final Duration delay;
  private final boolean coalesces;
  private final Predicate<String> isHeld;
  private final Map<WatchStream, List<Held>> held = new HashMap<>();
  private final Thread clock = Thread.ofVirtual().name("held events").start(this::run);
  private boolean isOver;

  private record Held(WatchEvent event, long due) {}

  /**
   * @param coalesces all that is held of a watch comes at once, and of each object only the last
   * @param isHeld for which resources
   */
  HeldEvents(Duration delay, boolean coalesces, Predicate<String> isHeld) {
    this.delay = delay;
    this.coalesces = coalesces;
    this.isHeld = isHeld;
  }

  @Override
  public synchronized void onEvent(WatchEvent event, WatchStream to) throws IOException {
    if (isOver || !isHeld.test(event.resource())) {
      to.send(event);
      return;
    }
    held.computeIfAbsent(to, stream -> new ArrayList<>())
        .add(new Held(event, System.nanoTime() + delay.toNanos()));
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(TICK);
        release(System.nanoTime());
      }
    } catch (InterruptedException e) {
      // It is over.
    }
  }

  private synchronized void release(long now) {
    held.forEach(
        (stream, events) -> {
          boolean isDue = !events.isEmpty() && events.getFirst().due() <= now;
          int due =
              coalesces && isDue
                  ? events.size()
                  : (int) events.stream().takeWhile(event -> event.due() <= now).count();
          List<WatchEvent> ready = events.subList(0, due).stream().map(Held::event).toList();
          events.subList(0, due).clear();
          (coalesces ? lastOfEach(ready) : ready).forEach(event -> send(event, stream));
        });
  }

  private static List<WatchEvent> lastOfEach(List<WatchEvent> events) {
    Map<String, WatchEvent> last = new LinkedHashMap<>();
    Set<String> isNew = new HashSet<>();
    for (WatchEvent event : events) {
      if (event.type().equals("ADDED") && !last.containsKey(event.object())) {
        isNew.add(event.object());
      }
      // In the order of what is told, which is that of the resource versions.
      last.remove(event.object());
      last.put(event.object(), event);
    }
    return last.values().stream()
        .filter(event -> !(event.type().equals("DELETED") && isNew.contains(event.object())))
        .map(e -> e.type().equals("MODIFIED") && isNew.contains(e.object()) ? e.asAdded() : e)
        .toList();
  }

  private static void send(WatchEvent event, WatchStream stream) {
    try {
      stream.send(event);
    } catch (IOException e) {
      // The watch has ended meanwhile; the next one is told by the server.
    }
  }

  /** All that is held comes through, and nothing is held any more. */
  @Override
  public void close() throws InterruptedException {
    clock.interrupt();
    clock.join();
    synchronized (this) {
      release(Long.MAX_VALUE);
      isOver = true;
    }
  }
}

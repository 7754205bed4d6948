package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;

import dev.epd.onebox.demo.ShapePicture;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Clients that ask about a picture until they are sent away. */
final class Crowd implements AutoCloseable {
  /** Of all crowds together: what one has sent is no new file of another. */
  private static final AtomicInteger FILES = new AtomicInteger();

  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
  private final ExecutorService arrivals = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger right = new AtomicInteger();
  private final Set<String> other = new ConcurrentSkipListSet<>();
  private final Chat chat;
  private final ShapePicture picture;
  private volatile boolean goesOn = true;

  private Crowd(Chat chat, ShapePicture picture) {
    this.chat = chat;
    this.picture = picture;
  }

  private static Crowd again(Chat chat, ShapePicture picture, int size, Supplier<byte[]> file) {
    Crowd crowd = new Crowd(chat, picture);
    for (int i = 0; i < size; i++) {
      crowd.clients.execute(
          () -> {
            while (crowd.goesOn) {
              crowd.ask(file.get());
            }
          });
    }
    return crowd;
  }

  /**
   * So many clients, each asking again when it has its answer. Each time another file of the same
   * content: an encoder that has an image has no work of it.
   *
   * @param png the picture
   */
  static Crowd withNewFiles(Chat chat, ShapePicture picture, byte[] png, int size) {
    return again(chat, picture, size, () -> ShapePicture.another(png, FILES.incrementAndGet()));
  }

  /**
   * Clients that come one by one at random, whether the ones before have their answers or not, and
   * ask once; each with a file of its own.
   *
   * @param perSecond mean of a Poisson process
   */
  static Crowd arriving(
      Chat chat, ShapePicture picture, byte[] png, double perSecond, Random random) {
    Crowd crowd = new Crowd(chat, picture);
    crowd.arrivals.execute(
        () -> {
          long next = System.nanoTime();
          while (crowd.goesOn) {
            crowd.clients.execute(
                () -> crowd.ask(ShapePicture.another(png, FILES.incrementAndGet())));
            next += (long) (random.nextExponential() / perSecond * 1e9);
            LockSupport.parkNanos(next - System.nanoTime());
          }
        });
    return crowd;
  }

  /** One client with always the same file. */
  static Crowd ofOneFile(Chat chat, ShapePicture picture) {
    byte[] png = picture.png();
    return again(chat, picture, 1, () -> png);
  }

  private void ask(byte[] file) {
    Chat.Reply reply = chat.ask(about(file));
    if (reply.status() == 200 && reply.text().equals(picture.truth())) {
      right.incrementAndGet();
    } else {
      other.add(reply.body());
    }
  }

  /** Right answers so far. */
  int right() {
    return right.get();
  }

  /** What came instead of right answers. */
  Set<String> other() {
    return other;
  }

  /** Ends when the last of them has its answer. */
  @Override
  public void close() {
    goesOn = false;
    arrivals.close();
    clients.close();
  }
}

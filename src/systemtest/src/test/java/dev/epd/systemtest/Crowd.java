package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;

import dev.epd.onebox.demo.ShapePicture;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Clients that ask about a picture again and again until they are sent away. */
final class Crowd implements AutoCloseable {
  /** Of all crowds together: what one has sent is no new file of another. */
  private static final AtomicInteger FILES = new AtomicInteger();

  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger right = new AtomicInteger();
  private final Set<String> other = new ConcurrentSkipListSet<>();
  private final Chat chat;
  private final ShapePicture picture;
  private volatile boolean goesOn = true;

  private Crowd(Chat chat, ShapePicture picture, int size, Supplier<byte[]> file) {
    this.chat = chat;
    this.picture = picture;
    for (int i = 0; i < size; i++) {
      clients.execute(() -> ask(file));
    }
  }

  /**
   * Each time another file of the same content: an encoder that has an image has no work of it.
   *
   * @param png the picture
   */
  static Crowd withNewFiles(Chat chat, ShapePicture picture, byte[] png, int size) {
    return new Crowd(chat, picture, size, () -> ShapePicture.another(png, FILES.incrementAndGet()));
  }

  /** One client with always the same file. */
  static Crowd ofOneFile(Chat chat, ShapePicture picture) {
    byte[] png = picture.png();
    return new Crowd(chat, picture, 1, () -> png);
  }

  private void ask(Supplier<byte[]> file) {
    while (goesOn) {
      Chat.Reply reply = chat.ask(about(file.get()));
      if (reply.status() == 200 && reply.text().equals(picture.truth())) {
        right.incrementAndGet();
      } else {
        other.add(reply.body());
      }
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
    clients.close();
  }
}

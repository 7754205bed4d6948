package dev.epd.gateway.queue;

import dev.epd.contract.ImageSize;
import dev.epd.contract.Role;
import dev.epd.gateway.openai.ApiException;
import dev.epd.gateway.queue.Entry.ImageState;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Gives places at workers to requests and images, late and all or nothing.
 *
 * <p>Invariants: a request that has not started holds nothing. It starts when prefill, decode and,
 * with images, an encoder for its first one all have room in the same instant. Images of started
 * requests come before new requests. So a request that holds a prefill place waits only for
 * encoders, whose places are held only by images of started requests: no cycle. Text never waits
 * behind images that wait for an encoder.
 */
public final class Dispatcher {
  private final QueueLimits limits;
  private final boolean encoders;
  private final boolean decoders;
  private final LongSupplier nanoClock;
  private final Consumer<Worker> onIdleAndGone;

  private final Object lock = new Object();
  private final Fleet fleet = new Fleet();
  private final TenantQueues imageRequests = new TenantQueues();
  private final TreeSet<Entry> textRequests =
      new TreeSet<>((a, b) -> Long.compare(a.sequence, b.sequence));
  private final Set<Entry> startedWaiting = new LinkedHashSet<>();
  private final Set<Entry> inPrefill = new LinkedHashSet<>();
  private int inDecode;
  private final Waiting waiting = new Waiting();
  private long sequence;

  /**
   * A picture of the queue.
   *
   * @param images waiting for a place
   * @param patches their work
   * @param oldestSeconds how long the oldest of them has waited; 0 when none waits
   * @param textRequests waiting to start
   */
  public record Depth(int images, long patches, double oldestSeconds, int textRequests) {}

  /**
   * @param nanoClock monotonic, as {@link System#nanoTime}
   * @param onIdleAndGone told when a worker that is not usable any more holds nothing
   */
  public Dispatcher(
      QueueLimits limits,
      Set<Role> topology,
      LongSupplier nanoClock,
      Consumer<Worker> onIdleAndGone) {
    this.limits = limits;
    this.encoders = topology.contains(Role.ENCODER);
    this.decoders = topology.contains(Role.DECODE);
    this.nanoClock = nanoClock;
    this.onIdleAndGone = onIdleAndGone;
  }

  /** From now on exactly these may be given new work; what others hold they may finish. */
  public void setWorkers(Collection<? extends Worker> usable) {
    List<Worker> gone;
    synchronized (lock) {
      gone = fleet.set(usable);
      dispatch();
    }
    gone.forEach(onIdleAndGone);
  }

  /**
   * Lets a request wait for its places, all its images or none.
   *
   * @throws ApiException 429 when it would not fit
   */
  public Entry submit(Demand demand, Grants grants) throws ApiException {
    synchronized (lock) {
      checkRoom(demand);
      var entry = new Entry(demand, grants, sequence++, nanoClock.getAsLong());
      enqueue(entry);
      dispatch();
      return entry;
    }
  }

  private void checkRoom(Demand demand) throws ApiException {
    boolean room =
        demand.images().isEmpty()
            ? textRequests.size() < limits.maxTextRequests()
            : waiting.hasRoom(demand, limits);
    if (!room) {
      // A newcomer would wait about as long as the oldest has; half a minute is as good as later.
      long seconds = Math.clamp((long) Math.ceil(oldestSeconds()), 1, 30);
      throw ApiException.overloaded(
          demand.images().isEmpty() ? "queue_full" : "image_queue_full",
          "Too much is waiting here already; try again in about %d s.".formatted(seconds),
          Duration.ofSeconds(seconds));
    }
  }

  private void enqueue(Entry entry) {
    entry.started = false;
    if (entry.images.isEmpty()) {
      textRequests.add(entry);
      return;
    }
    imageRequests.add(entry);
    for (ImageState image : entry.images) {
      setWaiting(image, true);
    }
  }

  private void setWaiting(ImageState image, boolean now) {
    if (image.waiting != now) {
      image.waiting = now;
      waiting.add(image.picture, now ? 1 : -1);
      if (now) {
        lock.notifyAll();
      }
    }
  }

  /** The attempt is lost: gives back all it holds and waits again at its old place in the order. */
  public void restart(Entry entry) {
    synchronized (lock) {
      if (!entry.closed) {
        releaseAll(entry);
        enqueue(entry);
        dispatch();
      }
    }
  }

  /** Gives back all it holds; nothing is granted any more. May be called again. */
  public void close(Entry entry) {
    synchronized (lock) {
      if (!entry.closed) {
        releaseAll(entry);
        entry.closed = true;
        dispatch();
      }
    }
  }

  /** Gives back all it holds and lets it wait for nothing, until {@link #restart}. */
  public void suspend(Entry entry) {
    synchronized (lock) {
      if (!entry.closed) {
        releaseAll(entry);
        dispatch();
      }
    }
  }

  /** The encoder has handed the embeddings over (or the image is given up): its place is free. */
  public void imageDone(Entry entry, int index) {
    synchronized (lock) {
      ImageState image = entry.images.get(index);
      releaseImage(image);
      setWaiting(image, false);
      dispatch();
    }
  }

  /** The encoder had its embeddings already; the image's patches when that is said first. */
  public OptionalLong imageWasCached(Entry entry, int index) {
    synchronized (lock) {
      ImageState image = entry.images.get(index);
      boolean isNews = !image.wasCached;
      image.wasCached = true;
      return isNews ? OptionalLong.of(image.picture.patches()) : OptionalLong.empty();
    }
  }

  /** The encoder failed on it: its place is free, and the image waits for nothing yet. */
  public void imageFailed(Entry entry, int index) {
    synchronized (lock) {
      ImageState image = entry.images.get(index);
      if (image.at != null) {
        image.failed.add(image.at);
        fleet.doubt(image.picture.cacheKey(), image.at);
      }
      releaseImage(image);
      dispatch();
    }
  }

  /** The image waits again, before those of new requests. */
  public void imageAgain(Entry entry, int index) {
    synchronized (lock) {
      if (!entry.closed && entry.started) {
        setWaiting(entry.images.get(index), true);
        startedWaiting.add(entry);
        dispatch();
      }
    }
  }

  /** Prefill has handed over to decode: its place is free. */
  public void prefillDone(Entry entry) {
    synchronized (lock) {
      releasePrefill(entry);
      dispatch();
    }
  }

  /** What waits now. */
  public Depth depth() {
    synchronized (lock) {
      return new Depth(waiting.images(), waiting.patches(), oldestSeconds(), textRequests.size());
    }
  }

  /** Images of a class of {@link ImageSize} that wait for a place. */
  public int waitingImages(int size) {
    synchronized (lock) {
      return waiting.images(size);
    }
  }

  /** Their work. */
  public long waitingPatches(int size) {
    synchronized (lock) {
      return waiting.patches(size);
    }
  }

  /** Returns true as soon as an image waits for an encoder, false when none does in time. */
  public boolean awaitImages(Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    synchronized (lock) {
      for (long left = atMost.toNanos(); waiting.images() == 0; left = end - System.nanoTime()) {
        if (left <= 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(lock, left);
      }
      return true;
    }
  }

  /** What waits, or is in hand, further on than at the encoders. */
  public Downstream downstream() {
    synchronized (lock) {
      Entry first = imageRequests.head();
      return Downstream.of(
          fleet,
          decoders,
          encoders || first == null ? 0 : first.images.size(),
          Stream.concat(textRequests.stream(), imageRequests.stream()),
          inPrefill,
          inDecode,
          entry ->
              !encoders || entry.images.isEmpty() || encoderFor(entry.images.getFirst()) != null);
    }
  }

  /** Patches given to the pod and not yet handed over. */
  public long outstandingPatches(String podName) {
    synchronized (lock) {
      return fleet.patches(podName);
    }
  }

  private double oldestSeconds() {
    long now = nanoClock.getAsLong();
    long oldest = 0;
    for (Entry entry : (Iterable<Entry>) imageRequests.stream()::iterator) {
      oldest = Math.max(oldest, now - entry.arrivedNanos);
    }
    for (Entry entry : startedWaiting) {
      oldest = Math.max(oldest, now - entry.arrivedNanos);
    }
    return oldest / 1e9;
  }

  private void dispatch() {
    for (Entry entry : List.copyOf(startedWaiting)) {
      placeImages(entry);
    }
    while (startNext()) {
      // goes on until something is missing
    }
  }

  private boolean startNext() {
    Entry text = textRequests.isEmpty() ? null : textRequests.first();
    Entry image = imageRequests.head();
    if (image != null && encoders && encoderFor(image.images.getFirst()) == null) {
      image = null;
    }
    boolean imageIsOlder = image != null && (text == null || image.sequence < text.sequence);
    Entry first = imageIsOlder ? image : text;
    Entry second = imageIsOlder ? text : image;
    return (first != null && start(first)) || (second != null && start(second));
  }

  private boolean start(Entry entry) {
    int inline = encoders ? 0 : entry.images.size();
    Worker prefill = fleet.leastRequests(Role.PREFILL, inline);
    Worker decode = decoders ? fleet.leastRequests(Role.DECODE, 0) : null;
    if (prefill == null || (decoders && decode == null)) {
      return false;
    }
    entry.started = true;
    entry.prefill = prefill;
    inPrefill.add(entry);
    entry.decode = decode;
    long inlinePatches = encoders ? 0 : entry.demand.patches();
    fleet.add(prefill, 1, 1, inline, inlinePatches);
    if (decode != null) {
      inDecode++;
      fleet.add(decode, 1, 1, 0, 0);
    }
    if (entry.images.isEmpty()) {
      textRequests.remove(entry);
    } else {
      imageRequests.start(entry);
    }
    entry.grants.started(prefill, decode);
    if (encoders && !entry.images.isEmpty()) {
      startedWaiting.add(entry);
      placeImages(entry);
    } else {
      entry.images.forEach(image -> setWaiting(image, false));
    }
    return true;
  }

  private void placeImages(Entry entry) {
    boolean left = false;
    for (int i = 0; i < entry.images.size(); i++) {
      ImageState image = entry.images.get(i);
      if (!image.waiting) {
        continue;
      }
      Worker encoder = encoderFor(image);
      if (encoder == null) {
        left = true;
        continue;
      }
      setWaiting(image, false);
      image.at = encoder;
      fleet.add(encoder, 1, 0, 1, image.picture.patches());
      fleet.remember(image.picture.cacheKey(), encoder);
      entry.grants.placed(i, encoder);
    }
    if (!left) {
      startedWaiting.remove(entry);
    }
  }

  private @Nullable Worker encoderFor(ImageState image) {
    return fleet.encoder(image.picture.cacheKey(), image.failed);
  }

  private void releaseAll(Entry entry) {
    textRequests.remove(entry);
    if (!entry.started) {
      imageRequests.remove(entry);
    }
    startedWaiting.remove(entry);
    for (ImageState image : entry.images) {
      releaseImage(image);
      setWaiting(image, false);
    }
    releasePrefill(entry);
    Worker decode = entry.decode;
    if (decode != null) {
      entry.decode = null;
      inDecode--;
      give(decode, 1, 0, 0);
    }
    entry.started = true; // not in any waiting order until enqueued again
  }

  private void releaseImage(ImageState image) {
    Worker at = image.at;
    if (at != null) {
      image.at = null;
      give(at, 0, 1, image.picture.patches());
    }
  }

  private void releasePrefill(Entry entry) {
    Worker prefill = entry.prefill;
    if (prefill != null) {
      entry.prefill = null;
      inPrefill.remove(entry);
      give(prefill, 1, encoders ? 0 : entry.images.size(), encoders ? 0 : entry.demand.patches());
    }
  }

  private void give(Worker worker, int requests, int images, long patches) {
    if (fleet.add(worker, -1, requests, images, patches)) {
      onIdleAndGone.accept(worker);
    }
  }
}

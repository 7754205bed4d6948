package dev.epd.transfer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to move one ticket's tensors. Send every byte of every part once, in any order, then
 * finish; both futures end, with success or a {@link TransferException}, whatever happens to the
 * peer. Closing before the commit cancels. Safe for use by several threads.
 */
public final class Push implements AutoCloseable {
  /** How long a failed write waits for the receiver's own words about why. */
  private static final long REASON_MILLIS = 500;

  /** How long cancelling waits for the receiver to be told. */
  private static final Duration LAST_WORDS = Duration.ofMillis(200);

  private final FrameChannel frames;
  private final TransferClientOptions options;
  private final Map<Integer, PartShape> parts = new HashMap<>();
  private final CompletableFuture<Set<Integer>> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> received = new CompletableFuture<>();
  private final CompletableFuture<Void> committed = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final AtomicReference<@Nullable TransferException> failure = new AtomicReference<>();

  Push(SocketChannel channel, Hello hello, TransferClientOptions options) throws IOException {
    this.frames = new FrameChannel(channel);
    this.options = options;
    hello.parts().forEach(p -> parts.put(p.part(), p));
    frames.write(Frame.Type.HELLO, hello.encode());
    Thread.ofVirtual().name("transfer-acks").start(this::listen);
  }

  void onEnd(Runnable action) {
    ended.whenComplete((r, e) -> action.run());
  }

  void awaitOpen() throws TransferException {
    try {
      opened.get(options.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw fail(new TransferException(TransferError.TIMEOUT, "the receiver did not answer", e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw fail(new TransferException(TransferError.CANCELLED, "interrupted", e));
    } catch (ExecutionException e) {
      throw asFailure(e.getCause());
    }
  }

  /** Parts that the receiver has from an earlier attempt; sending them does nothing. */
  public Set<Integer> held() {
    return opened.getNow(Set.of());
  }

  /**
   * Sends bytes of a part. Returns when they are with the operating system; blocks while the
   * receiver is slow. The memory is free to change after it returns.
   *
   * @param byteOffset where the bytes belong within the part's declared shape
   * @throws TransferException if the push has failed
   * @throws IllegalArgumentException if the bytes are outside of the part
   */
  public void send(int part, long byteOffset, MemorySegment bytes) throws TransferException {
    PartShape shape = parts.get(part);
    if (shape == null) {
      throw new IllegalArgumentException("part " + part + " was not declared");
    }
    if (byteOffset < 0 || byteOffset > shape.bytes() - bytes.byteSize()) {
      throw new IllegalArgumentException(
          "%d bytes at %d are outside of part %d".formatted(bytes.byteSize(), byteOffset, part));
    }
    requireAlive();
    if (held().contains(part)) {
      return;
    }
    long done = 0;
    while (done < bytes.byteSize()) {
      int length = (int) Math.min(options.frameBytes(), bytes.byteSize() - done);
      ByteBuffer payload = bytes.asSlice(done, length).asByteBuffer();
      write(Frame.Type.DATA, part, byteOffset + done, payload);
      options.metrics().bytesSent(length);
      done += length;
    }
  }

  /** Says that everything was sent. */
  public void finish() throws TransferException {
    if (!received.isDone()) {
      requireAlive();
      write(Frame.Type.FINISH, 0, 0, ByteBuffer.allocate(0));
    }
  }

  /** Done when the receiver holds and has checked every part. */
  public CompletableFuture<Void> received() {
    return received.copy();
  }

  /** Done when the receiver will not ask for the tensors again. */
  public CompletableFuture<Void> committed() {
    return committed.copy();
  }

  /** Gives up; the receiver is told if it can be. */
  public void cancel() {
    if (!committed.isDone()) {
      TransferException cancelled =
          new TransferException(TransferError.CANCELLED, "the pusher cancelled");
      if (failure.compareAndSet(null, cancelled)) {
        tell(cancelled);
        end(cancelled);
      }
    }
  }

  /** On a thread of its own: the peer may not read, and the caller may be interrupted. */
  private void tell(TransferException cause) {
    Thread teller =
        Thread.startVirtualThread(
            () -> frames.tryWrite(Frame.Type.ERROR, FrameChannel.encodeError(cause)));
    boolean interrupted = Thread.interrupted();
    try {
      teller.join(LAST_WORDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    cancel();
    frames.close();
  }

  void watch() {
    if (frames.silentNanos() > options.idleTimeout().toNanos()) {
      fail(new TransferException(TransferError.TIMEOUT, "the receiver fell silent"));
    } else if (opened.isDone() && frames.quietNanos() > options.pingInterval().toNanos()) {
      Thread.startVirtualThread(() -> frames.tryWrite(Frame.Type.PING, new byte[0]));
    }
  }

  private void write(Frame.Type type, int part, long offset, ByteBuffer payload)
      throws TransferException {
    try {
      frames.write(type, part, offset, payload);
    } catch (IOException e) {
      if (received.isDone() && !received.isCompletedExceptionally()) {
        return;
      }
      throw reasonFor(e);
    }
  }

  /** The receiver says why before it closes; a failed write often comes to us first. */
  private TransferException reasonFor(IOException broken) {
    try {
      ended.get(REASON_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // Told below.
    }
    return fail(
        new TransferException(TransferError.CONNECTION_LOST, "the connection broke", broken));
  }

  private void listen() {
    try {
      while (true) {
        Frame frame = frames.readHead();
        if (frame == null) {
          throw new TransferException(TransferError.CONNECTION_LOST, "the receiver went away");
        }
        byte[] payload = frames.readControl(requireControl(frame));
        switch (frame.type()) {
          case HELLO_OK -> adopt(payload);
          case RECEIVED -> received.complete(null);
          case COMMITTED -> {
            received.complete(null);
            committed.complete(null);
            ended.complete(null);
            frames.close();
            return;
          }
          case ERROR -> throw FrameChannel.decodeError(payload);
          case PING -> {}
          case HELLO, DATA, FINISH ->
              throw new TransferException(TransferError.PROTOCOL, "unexpected frame");
        }
      }
    } catch (TransferException e) {
      fail(e);
    } catch (IOException | RuntimeException e) {
      fail(new TransferException(TransferError.CONNECTION_LOST, "the connection broke", e));
    }
  }

  private static Frame requireControl(Frame frame) throws TransferException {
    if (frame.length() > Frame.MAX_CONTROL_BYTES) {
      throw new TransferException(TransferError.PROTOCOL, "frame is too long");
    }
    return frame;
  }

  private void adopt(byte[] payload) throws TransferException {
    ByteBuffer in = ByteBuffer.wrap(payload);
    if (opened.isDone() || payload.length < 12) {
      throw new TransferException(TransferError.PROTOCOL, "malformed answer");
    }
    long session = in.getLong();
    int count = in.getInt();
    if (count < 0 || count != in.remaining() / 4) {
      throw new TransferException(TransferError.PROTOCOL, "malformed answer");
    }
    Set<Integer> held = new HashSet<>();
    for (int i = 0; i < count; i++) {
      held.add(in.getInt());
    }
    frames.adoptSession(session);
    opened.complete(Set.copyOf(held));
  }

  private void requireAlive() throws TransferException {
    TransferException cause = failure.get();
    if (cause != null) {
      throw again(cause);
    }
  }

  /** Records the first failure and returns it, told anew for the caller's stack. */
  private TransferException fail(TransferException cause) {
    if (!committed.isDone() && failure.compareAndSet(null, cause)) {
      end(cause);
    }
    TransferException first = failure.get();
    return again(first == null ? cause : first);
  }

  private void end(TransferException cause) {
    frames.close();
    options.metrics().failed(cause.error());
    opened.completeExceptionally(cause);
    received.completeExceptionally(cause);
    committed.completeExceptionally(cause);
    ended.complete(null);
  }

  private static TransferException asFailure(@Nullable Throwable cause) {
    return cause instanceof TransferException known
        ? again(known)
        : new TransferException(TransferError.CONNECTION_LOST, "the push failed", cause);
  }

  private static TransferException again(TransferException cause) {
    return new TransferException(cause.error(), String.valueOf(cause.getMessage()), cause);
  }
}

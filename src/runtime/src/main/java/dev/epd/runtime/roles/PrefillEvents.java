package dev.epd.runtime.roles;

import dev.epd.contract.v1.PrefillEvent;
import dev.epd.runtime.engine.Sequence;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * From the engine's thread to that of a prefill call. Tokens go to the caller at once; what the
 * call's own thread has to act on waits in a queue.
 */
final class PrefillEvents implements Sequence.Listener {
  private final Call<PrefillEvent> call;
  private final RoleMeters meters;
  private final long start;
  private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  /** What the call's thread has to know. */
  sealed interface Event {
    record Written(int layer, int from, int to) implements Event {}

    record FirstToken() implements Event {}

    record HandedOver() implements Event {}

    record Finished(Sequence.Finish reason, int tokens) implements Event {}

    record Failed(Throwable cause) implements Event {}
  }

  PrefillEvents(Call<PrefillEvent> call, RoleMeters meters, long start) {
    this.call = call;
    this.meters = meters;
    this.start = start;
  }

  Event take() throws InterruptedException {
    return queue.take();
  }

  /** Ends the call with this failure, from any thread; null is none. */
  void fail(@Nullable Throwable failure) {
    if (failure != null) {
      queue.add(new Event.Failed(failure));
    }
  }

  /** Returns when the engine has let go of the sequence; not interruptible. */
  void awaitEnd() {
    ended.join();
  }

  @Override
  public void written(int layer, int from, int to) {
    queue.add(new Event.Written(layer, from, to));
  }

  @Override
  public void token(int id, int index, int logitsCrc32c) {
    if (index == 0) {
      meters.record(RoleMeters.Stage.PREFILL, System.nanoTime() - start);
      queue.add(new Event.FirstToken());
    }
    call.send(PrefillEvent.newBuilder().setToken(WireTypes.token(id, index, logitsCrc32c)).build());
  }

  @Override
  public void handedOver() {
    queue.add(new Event.HandedOver());
    ended.complete(null);
  }

  @Override
  public void finished(Sequence.Finish reason, int tokens) {
    queue.add(new Event.Finished(reason, tokens));
    ended.complete(null);
  }

  @Override
  public void failed(Throwable cause) {
    queue.add(new Event.Failed(cause));
    ended.complete(null);
  }
}

package dev.epd.gateway.http;

import dev.epd.gateway.openai.ApiException;
import dev.epd.gateway.openai.ChatAnswers;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/**
 * The answer's side of one HTTP exchange: either one JSON body, or a stream of server-sent events.
 * Ends exactly once; whatever comes after the end is ignored. Safe for use by any thread; {@link
 * #event} blocks while the client is slow.
 */
public final class Exchange {
  /** Bytes on their way to a client before the writer has to wait. */
  private static final int MAX_PENDING = 64 * 1024;

  private static final Buffer KEEP_ALIVE = Buffer.buffer(": keep-alive\n\n");

  private enum State {
    UNANSWERED,
    STREAMING,
    ENDED
  }

  private final Context context;
  private final HttpServerResponse response;
  private final Duration slowClientTimeout;
  private final BiConsumer<Integer, String> onAnswered;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private State state = State.UNANSWERED;
  private int pending;
  private boolean gone;
  private boolean silentSinceTick = true;
  private final List<Runnable> goneListeners = new ArrayList<>();

  Exchange(
      Context context,
      HttpServerResponse response,
      Duration slowClientTimeout,
      BiConsumer<Integer, String> onAnswered) {
    this.context = context;
    this.response = response;
    this.slowClientTimeout = slowClientTimeout;
    this.onAnswered = onAnswered;
  }

  /** Runs once when the client has gone before the end; at once if it has. */
  public void onGone(Runnable listener) {
    boolean now;
    lock.lock();
    try {
      now = gone;
      if (!now) {
        goneListeners.add(listener);
      }
    } finally {
      lock.unlock();
    }
    if (now) {
      listener.run();
    }
  }

  void clientGone() {
    List<Runnable> listeners;
    lock.lock();
    try {
      if (gone || state == State.ENDED) {
        return;
      }
      gone = true;
      listeners = List.copyOf(goneListeners);
      room.signalAll();
    } finally {
      lock.unlock();
    }
    listeners.forEach(Runnable::run);
  }

  /** Answers with one JSON body. */
  public void json(int status, byte[] body) {
    lock.lock();
    try {
      if (state == State.UNANSWERED) {
        endWith(status, "ok", body);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Answers with the error, or ends a stream that has begun with it; never with {@code [DONE]}. */
  public void fail(ApiException failure) {
    lock.lock();
    try {
      byte[] body = ChatAnswers.error(failure);
      if (state == State.UNANSWERED) {
        Duration after = failure.retryAfter();
        if (after != null) {
          response.putHeader("Retry-After", String.valueOf(Math.max(1, after.toSeconds())));
        }
        endWith(failure.status(), String.valueOf(failure.code()), body);
      } else if (state == State.STREAMING) {
        send(sse(body));
        endStream("stream_" + failure.code());
      }
    } finally {
      lock.unlock();
    }
  }

  private void endWith(int status, String code, byte[] body) {
    state = State.ENDED;
    onAnswered.accept(status, code);
    Buffer buffer = Buffer.buffer(body);
    context.runOnContext(
        v -> {
          if (!response.closed() && !response.ended()) {
            response.setStatusCode(status).putHeader("Content-Type", "application/json");
            response.end(buffer);
          }
        });
  }

  /**
   * Sends one event, opening the stream if need be.
   *
   * @throws ClientGoneException when the client is gone, or has taken nothing for the slow-client
   *     timeout; the exchange is over then
   */
  public void event(byte[] data) throws ClientGoneException, InterruptedException {
    lock.lock();
    try {
      long left = slowClientTimeout.toNanos();
      while (pending > MAX_PENDING && !gone) {
        int before = pending;
        left = room.awaitNanos(left);
        if (pending < before) {
          left = slowClientTimeout.toNanos();
        } else if (left <= 0) {
          cut();
          throw new ClientGoneException("the client takes nothing");
        }
      }
      if (gone) {
        throw new ClientGoneException("the client has closed the connection");
      }
      openStream();
      send(sse(data));
    } finally {
      lock.unlock();
    }
  }

  private void cut() {
    state = State.ENDED;
    onAnswered.accept(200, "slow_client");
    context.runOnContext(v -> response.reset());
  }

  /** Ends a complete stream with {@code [DONE]}. */
  public void done() {
    lock.lock();
    try {
      if (state == State.STREAMING) {
        send(sse("[DONE]".getBytes(StandardCharsets.US_ASCII)));
        endStream("ok");
      }
    } finally {
      lock.unlock();
    }
  }

  private void endStream(String code) {
    state = State.ENDED;
    onAnswered.accept(200, code);
    context.runOnContext(
        v -> {
          if (!response.closed() && !response.ended()) {
            response.end();
          }
        });
  }

  /**
   * From now on a comment is sent whenever nothing else was for that long; the first one opens the
   * stream, so that neither client nor proxies take waiting for hanging.
   */
  public void keepAlive(Duration interval) {
    context
        .owner()
        .setPeriodic(
            interval.toMillis(),
            timer -> {
              if (!tick()) {
                context.owner().cancelTimer(timer);
              }
            });
  }

  private boolean tick() {
    lock.lock();
    try {
      if (gone || state == State.ENDED) {
        return false;
      }
      if (silentSinceTick && pending == 0) {
        openStream();
        send(KEEP_ALIVE);
      }
      silentSinceTick = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void openStream() {
    if (state == State.UNANSWERED) {
      state = State.STREAMING;
      context.runOnContext(
          v -> {
            response.setChunked(true);
            response.putHeader("Content-Type", "text/event-stream; charset=utf-8");
            response.putHeader("Cache-Control", "no-cache");
            response.putHeader("X-Accel-Buffering", "no");
          });
    }
  }

  private static Buffer sse(byte[] data) {
    return Buffer.buffer(data.length + 8)
        .appendString("data: ")
        .appendBytes(data)
        .appendString("\n\n");
  }

  /** Lock held, so that the order of sends is the order on the wire. */
  private void send(Buffer buffer) {
    int length = buffer.length();
    pending += length;
    silentSinceTick = false;
    context.runOnContext(
        v -> {
          if (response.closed() || response.ended()) {
            written(length);
          } else {
            response.write(buffer).onComplete(result -> written(length));
          }
        });
  }

  private void written(int length) {
    lock.lock();
    try {
      pending -= length;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }
}

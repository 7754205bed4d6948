package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call that is being served, in a virtual thread of its own. Events may be sent from any
 * thread; what is sent after the end or to a caller that went away is dropped.
 */
final class Call<E> {
  private static final Logger LOG = LoggerFactory.getLogger(Call.class);
  private static final long NO_DEADLINE = Long.MAX_VALUE / 2;

  private final StreamObserver<E> observer;
  private final Context context;
  private boolean ended;

  private Call(StreamObserver<E> observer, Context context) {
    this.observer = observer;
    this.context = context;
  }

  /** What a service does; interrupted when the caller does not want it any more. */
  interface Handler<E> {
    /** Returns after the last event; what it throws is the call's failure. */
    void serve(Call<E> call) throws Exception;
  }

  /** Serves a call, if the gate lets new work in, and returns at once. */
  static <E> void serve(
      StreamObserver<E> observer, Gate gate, RoleMeters meters, Handler<E> handler) {
    serve(observer, gate, false, meters, handler);
  }

  /** Serves a call that goes on with work that is here already. */
  static <E> void serveContinued(
      StreamObserver<E> observer, Gate gate, RoleMeters meters, Handler<E> handler) {
    serve(observer, gate, true, meters, handler);
  }

  private static <E> void serve(
      StreamObserver<E> observer,
      Gate gate,
      boolean continued,
      RoleMeters meters,
      Handler<E> handler) {
    if (observer instanceof ServerCallStreamObserver<E> server) {
      // With a handler set, sending to a caller that went away is silent.
      server.setOnCancelHandler(() -> {});
    }
    if (!gate.enter(continued)) {
      observer.onError(
          new RoleException(ErrorKind.UNAVAILABLE, "this pod is going away").toStatus());
      return;
    }
    Context context = Context.current();
    Call<E> call = new Call<>(observer, context);
    Thread.ofVirtual().name("call").start(context.wrap(() -> call.run(gate, meters, handler)));
  }

  private void run(Gate gate, RoleMeters meters, Handler<E> handler) {
    Thread server = Thread.currentThread();
    Context.CancellationListener interrupt = cancelled -> server.interrupt();
    context.addListener(interrupt, Runnable::run);
    try {
      handler.serve(this);
      context.removeListener(interrupt);
      meters.ended("OK");
      end();
    } catch (Throwable e) {
      context.removeListener(interrupt);
      RoleException failure = Failures.of(e, context);
      if (failure.kind() == ErrorKind.INTERNAL) {
        LOG.error("a call failed", e);
      }
      meters.ended(failure.kind().name());
      fail(failure);
    } finally {
      gate.leave();
    }
  }

  synchronized void send(E event) {
    if (!ended && !context.isCancelled()) {
      observer.onNext(event);
    }
  }

  private synchronized void end() {
    if (!ended) {
      ended = true;
      observer.onCompleted();
    }
  }

  private synchronized void fail(RoleException failure) {
    if (!ended) {
      ended = true;
      observer.onError(failure.toStatus());
    }
  }

  /** On the clock of {@link System#nanoTime}. */
  long deadlineNanos() {
    var deadline = context.getDeadline();
    long left = deadline == null ? NO_DEADLINE : deadline.timeRemaining(TimeUnit.NANOSECONDS);
    return System.nanoTime() + Math.min(left, NO_DEADLINE);
  }
}

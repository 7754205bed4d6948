package dev.epd.gateway.routing;

import dev.epd.contract.RoleException;
import dev.epd.gateway.routing.Signal.Call;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The answers of one call as signals. With flow control the role may run ahead by a bounded number
 * of events; {@link #more} asks for one more.
 */
final class StreamCall<Q, A> implements ClientResponseObserver<Q, A> {
  /** Events on their way while the request's thread is busy with a slow client. */
  private static final int AHEAD = 32;

  private final Call call;
  private final Consumer<Signal> post;
  private final Function<A, Signal> signal;
  private volatile @Nullable ClientCallStreamObserver<Q> stream;

  StreamCall(Call call, Consumer<Signal> post, Function<A, Signal> signal) {
    this.call = call;
    this.post = post;
    this.signal = signal;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> requestStream) {
    stream = requestStream;
    requestStream.disableAutoRequestWithInitial(AHEAD);
  }

  @Override
  public void onNext(A answer) {
    post.accept(signal.apply(answer));
  }

  @Override
  public void onError(Throwable failure) {
    post.accept(new Signal.Closed(call, RoleException.from(failure)));
  }

  @Override
  public void onCompleted() {
    post.accept(new Signal.Closed(call, null));
  }

  /** One event has been dealt with. */
  void more() {
    ClientCallStreamObserver<Q> open = stream;
    if (open != null) {
      open.request(1);
    }
  }

  /** Ends the call; the role frees what it holds for it. Harmless when it has ended. */
  void cancel(String why) {
    ClientCallStreamObserver<Q> open = stream;
    if (open != null) {
      open.cancel(why, null);
    }
  }
}

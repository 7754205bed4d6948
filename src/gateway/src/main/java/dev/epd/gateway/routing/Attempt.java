package dev.epd.gateway.routing;

import com.google.protobuf.ByteString;
import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.v1.DecodeEvent;
import dev.epd.contract.v1.FinishReason;
import dev.epd.contract.v1.Finished;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.SlotReservation;
import dev.epd.contract.v1.Token;
import dev.epd.gateway.endpoints.Node;
import dev.epd.gateway.endpoints.NodeDirectory;
import dev.epd.gateway.http.ClientGoneException;
import dev.epd.gateway.metrics.GatewayMetrics;
import dev.epd.gateway.openai.ApiException;
import dev.epd.gateway.queue.Dispatcher;
import dev.epd.gateway.queue.Entry;
import dev.epd.gateway.routing.Signal.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One try at a request, from its places to its last token: a state machine that one thread feeds
 * with signals. Whatever ends it, {@link #close} gives back everything it held at the roles.
 */
final class Attempt {
  private static final int MAX_IMAGE_TURNS = 3;

  private final int number;
  private final PreparedRequest request;
  private final RoleCalls calls;
  private final Dispatcher dispatcher;
  private final Entry entry;
  private final Mailbox mailbox;
  private final NodeDirectory directory;
  private final GatewayMetrics metrics;
  private final AnswerWriter writer;
  private final TokenClock tokenClock;
  private final boolean inlineImages;

  private final List<ImageProgress> images = new ArrayList<>();
  private final List<StreamCall<?, ?>> open = new ArrayList<>();
  private @Nullable Node prefill;
  private @Nullable Node decode;
  private @Nullable SlotReservation slot;
  private @Nullable String reservationId;
  private @Nullable StreamCall<?, ?> prefillCall;
  private @Nullable StreamCall<?, ?> decodeCall;
  private int firstToken = -1;
  private int nextIndex;
  private boolean committed;
  private boolean finished;

  /** Where one image stands. */
  private static final class ImageProgress {
    @Nullable Node encoder;
    int turn;
    int failures;
    long placedNanos;
    boolean received;
  }

  Attempt(
      int number,
      PreparedRequest request,
      RoleCalls calls,
      Dispatcher dispatcher,
      Entry entry,
      Mailbox mailbox,
      NodeDirectory directory,
      GatewayMetrics metrics,
      AnswerWriter writer,
      TokenClock tokenClock,
      boolean inlineImages) {
    this.number = number;
    this.request = request;
    this.calls = calls;
    this.dispatcher = dispatcher;
    this.entry = entry;
    this.mailbox = mailbox;
    this.directory = directory;
    this.metrics = metrics;
    this.writer = writer;
    this.tokenClock = tokenClock;
    this.inlineImages = inlineImages;
    request.images().forEach(image -> images.add(new ImageProgress()));
  }

  /** Whether the answer is complete and sent. */
  boolean finished() {
    return finished;
  }

  /** Whether all places it needs have been granted. */
  boolean placed() {
    return prefill != null
        && (inlineImages || images.stream().allMatch(i -> i.encoder != null || i.received));
  }

  /** Deals with one signal. */
  void on(Signal signal)
      throws ApiException, AttemptLostException, ClientGoneException, InterruptedException {
    switch (signal) {
      case Signal.Started started -> started(started);
      case Signal.Placed(int image, Node encoder) -> placed(image, encoder);
      case Signal.Slot(SlotReservation reservation) -> {
        slot = reservation;
        startPrefill();
      }
      case Signal.Prefilled(PrefillEvent event) -> {
        more(prefillCall);
        prefilled(event);
      }
      case Signal.Decoded(DecodeEvent event) -> {
        more(decodeCall);
        decoded(event);
      }
      case Signal.Encoded encoded -> encoded(encoded);
      case Signal.Closed(Call call, RoleException failure) -> closed(call, failure);
      case Signal.ClientGone() -> throw new ClientLeft();
    }
  }

  /** The client went away while the request waited. */
  static final class ClientLeft extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClientLeft() {
      super("the client has closed the connection", null, false, false);
    }
  }

  private static void more(@Nullable StreamCall<?, ?> call) {
    if (call != null) {
      call.more();
    }
  }

  private void started(Signal.Started started) {
    prefill = started.prefill();
    decode = started.decode();
    tokenClock.started();
    if (decode != null) {
      open.add(calls.reserve(decode));
    } else {
      startPrefill();
    }
  }

  private void startPrefill() {
    Node target = prefill;
    if (target == null || prefillCall != null) {
      return;
    }
    Node to = decode;
    SlotReservation held = slot;
    ByteString ticket = to != null && held != null ? calls.kvTicket(to, held) : ByteString.EMPTY;
    var call = calls.prefill(target, ticket, inlineImages);
    prefillCall = call;
    open.add(call);
  }

  private void placed(int index, Node encoder) {
    ImageProgress image = images.get(index);
    image.encoder = encoder;
    image.placedNanos = System.nanoTime();
    image.turn++;
    startEncode(index);
  }

  private void startEncode(int index) {
    ImageProgress image = images.get(index);
    Node encoder = image.encoder;
    if (prefill != null && reservationId != null && encoder != null) {
      open.add(calls.encode(encoder, prefill, reservationId, index, image.turn));
    }
  }

  private void prefilled(PrefillEvent event)
      throws ApiException, ClientGoneException, InterruptedException, AttemptLostException {
    switch (event.getEventCase()) {
      case RESERVED -> {
        reservationId = event.getReserved().getReservationId();
        for (int i = 0; i < images.size(); i++) {
          startEncode(i);
        }
      }
      case TOKEN -> {
        token(event.getToken());
        boolean lastOne = request.endsWith(firstToken) || request.sampling().getMaxTokens() == 1;
        if (decode != null && !finished && lastOne) {
          boolean stopped = request.endsWith(firstToken);
          finish(stopped ? "stop" : "length", writer.tokens());
        }
      }
      case KV_COMMITTED -> {
        committed = true;
        dispatcher.prefillDone(entry);
        Node target = decode;
        SlotReservation held = slot;
        if (!finished && target != null && held != null && firstToken >= 0) {
          var call =
              calls.generate(
                  target,
                  held,
                  firstToken,
                  event.getKvCommitted().getPromptTokens(),
                  event.getKvCommitted().getRopeDelta());
          decodeCall = call;
          open.add(call);
        }
      }
      case FINISHED -> finished(event.getFinished());
      case IMAGE_ARRIVED, EVENT_NOT_SET -> {}
    }
  }

  private void decoded(DecodeEvent event)
      throws ApiException, ClientGoneException, InterruptedException {
    switch (event.getEventCase()) {
      case TOKEN -> token(event.getToken());
      case FINISHED -> finished(event.getFinished());
      case EVENT_NOT_SET -> {}
    }
  }

  private void token(Token token) throws ApiException, ClientGoneException, InterruptedException {
    if (finished) {
      return;
    }
    if (token.getIndex() != nextIndex) {
      throw Failures.givenUp("The answer broke off: a token was lost on its way.");
    }
    nextIndex++;
    if (token.getIndex() == 0) {
      firstToken = token.getId();
    }
    if (token.getIndex() < writer.tokens()) {
      // An earlier attempt got this far: what the client has been sent must stay true.
      if (!writer.repeats(token.getIndex(), token.getId())) {
        throw Failures.givenUp("The answer broke off and could not be resumed.");
      }
      return;
    }
    tokenClock.token();
    if (!writer.accept(token.getId())) {
      finish("stop", writer.tokens());
    }
  }

  private void finished(Finished end) throws ClientGoneException, InterruptedException {
    if (!finished) {
      boolean stop = end.getReason() == FinishReason.FINISH_REASON_STOP;
      finish(stop ? "stop" : "length", Math.max(end.getCompletionTokens(), writer.tokens()));
    }
  }

  private void finish(String reason, int tokens) throws ClientGoneException, InterruptedException {
    finished = true;
    writer.finish(reason, tokens);
  }

  private void encoded(Signal.Encoded signal) {
    ImageProgress image = images.get(signal.image());
    if (signal.turn() != image.turn) {
      return;
    }
    if (signal.event().hasEncoded() && signal.event().getEncoded().getFromCache()) {
      dispatcher.imageWasCached(entry, signal.image()).ifPresent(metrics::imageWasCached);
    }
    if (signal.event().hasReceived()) {
      arrived(signal.image(), image);
    }
  }

  private void arrived(int index, ImageProgress image) {
    if (!image.received) {
      image.received = true;
      metrics.imageWait(Duration.ofNanos(System.nanoTime() - image.placedNanos));
      dispatcher.imageDone(entry, index);
    }
  }

  private void closed(Call call, @Nullable RoleException failure)
      throws ApiException, AttemptLostException {
    if (finished) {
      return;
    }
    switch (call) {
      case Call.Reserve _ -> {
        if (failure != null || slot == null) {
          lost(decode, orMissing(failure, "a slot"), null);
        }
      }
      case Call.Prefill _ -> {
        if (!committed) {
          lost(prefill, orMissing(failure, "the end of prefill"), imageParam());
        }
      }
      case Call.Generate _ -> lost(decode, orMissing(failure, "the end of the answer"), null);
      case Call.Encode(int index, int turn) -> {
        ImageProgress image = images.get(index);
        if (turn == image.turn && !image.received) {
          imageFailed(index, image, orMissing(failure, "the embeddings"));
        }
      }
    }
  }

  /** What prefill finds wrong with an image it encodes itself can be said of one image only. */
  private @Nullable String imageParam() {
    return request.imageParams().size() == 1 ? request.imageParams().getFirst() : "messages";
  }

  private static RoleException orMissing(@Nullable RoleException failure, String what) {
    return failure != null
        ? failure
        : new RoleException(ErrorKind.INTERNAL, "the call ended without " + what);
  }

  /** A call that the whole attempt hangs on has failed. */
  private void lost(@Nullable Node node, RoleException failure, @Nullable String param)
      throws ApiException, AttemptLostException {
    if (node != null && Failures.podInDoubt(failure)) {
      directory.suspect(node);
    }
    // One pod reports what may be the other's death.
    for (Node part : new Node[] {prefill, decode}) {
      if (part != null && part != node && !Failures.busy(failure)) {
        directory.check(part);
      }
    }
    if (!Failures.mayRetry(failure)) {
      throw Failures.toClient(failure, param);
    }
    if (writer.tokens() > 1) {
      throw Failures.givenUp("The answer broke off because a pod failed.");
    }
    throw new AttemptLostException(failure);
  }

  private void imageFailed(int index, ImageProgress image, RoleException failure)
      throws ApiException, AttemptLostException {
    Node encoder = image.encoder;
    if (!Failures.mayRetry(failure)) {
      throw Failures.toClient(failure, request.imageParams().get(index));
    }
    if (encoder != null && Failures.podInDoubt(failure)) {
      directory.suspect(encoder);
    }
    image.encoder = null;
    dispatcher.imageFailed(entry, index);
    if (!Failures.busy(failure)) {
      metrics.retried("image");
      if (++image.failures >= MAX_IMAGE_TURNS) {
        // Perhaps it was not the encoders: begin again, also at prefill.
        throw new AttemptLostException(failure);
      }
    }
    long wait = Backoff.nanos(Math.max(1, image.failures), Failures.busy(failure));
    mailbox.alarm(number, System.nanoTime() + wait, () -> dispatcher.imageAgain(entry, index));
  }

  /** Ends every call that is still open; a slot nobody used is given back. */
  void close(String why) {
    for (StreamCall<?, ?> call : open) {
      call.cancel(why);
    }
    Node at = decode;
    SlotReservation held = slot;
    if (at != null && held != null && decodeCall == null) {
      calls.release(at, held);
    }
  }
}

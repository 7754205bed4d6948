package dev.epd.gateway.routing;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketSigner;
import dev.epd.contract.TraceParent;
import dev.epd.contract.v1.DecodeEvent;
import dev.epd.contract.v1.DecodeGrpc;
import dev.epd.contract.v1.EncodeEvent;
import dev.epd.contract.v1.EncodeRequest;
import dev.epd.contract.v1.EncoderGrpc;
import dev.epd.contract.v1.GenerateRequest;
import dev.epd.contract.v1.Grid;
import dev.epd.contract.v1.ImageSpan;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.PrefillGrpc;
import dev.epd.contract.v1.PrefillRequest;
import dev.epd.contract.v1.ReleaseRequest;
import dev.epd.contract.v1.ReleaseResponse;
import dev.epd.contract.v1.ReserveRequest;
import dev.epd.contract.v1.SlotReservation;
import dev.epd.gateway.endpoints.Endpoint;
import dev.epd.gateway.endpoints.Node;
import dev.epd.gateway.media.ScannedImage;
import dev.epd.gateway.routing.Signal.Call;
import dev.epd.modelspec.ImageGrid;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The calls of one attempt: builds requests and tickets, starts calls with deadline and trace. What
 * comes back is posted as signals.
 */
final class RoleCalls {
  /** Clocks of two nodes may differ by so much. */
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(30);

  private final PreparedRequest request;
  private final String requestId;
  private final String fingerprint;
  private final String trace;
  private final TicketSigner signer;
  private final InstantSource clock;
  private final long deadlineNanos;
  private final Consumer<Signal> post;

  /**
   * @param requestId of this attempt; another attempt has another one
   */
  RoleCalls(
      PreparedRequest request,
      String requestId,
      String fingerprint,
      String trace,
      TicketSigner signer,
      InstantSource clock,
      long deadlineNanos,
      Consumer<Signal> post) {
    this.request = request;
    this.requestId = requestId;
    this.fingerprint = fingerprint;
    this.trace = trace;
    this.signer = signer;
    this.clock = clock;
    this.deadlineNanos = deadlineNanos;
    this.post = post;
  }

  /** Posts {@link Signal.Slot} and then, or instead, {@link Signal.Closed}. */
  StreamCall<ReserveRequest, SlotReservation> reserve(Node decode) {
    var call =
        new StreamCall<ReserveRequest, SlotReservation>(new Call.Reserve(), post, Signal.Slot::new);
    var message =
        ReserveRequest.newBuilder()
            .setRequestId(requestId)
            .setModelFingerprint(fingerprint)
            .setTokens(request.inputIds().length + request.sampling().getMaxTokens())
            .build();
    traced(() -> timed(DecodeGrpc.newStub(decode.channel())).reserve(message, call));
    return call;
  }

  /** The decode slot's address and epoch, signed. */
  ByteString kvTicket(Node decode, SlotReservation slot) {
    Endpoint to = decode.endpoint();
    return signed(
        Ticket.forKv(
                slot.getReservationId(),
                slot.getEpoch(),
                to.host(),
                to.transferPort(),
                fingerprint,
                requestId,
                expiry())
            .withTenant(request.tenant()));
  }

  /**
   * @param kvTicket empty when prefill generates itself
   * @param inline whether the image files go along
   */
  StreamCall<PrefillRequest, PrefillEvent> prefill(
      Node prefill, ByteString kvTicket, boolean inline) {
    var message =
        PrefillRequest.newBuilder()
            .setRequestId(requestId)
            .setModelFingerprint(fingerprint)
            .setSampling(request.sampling())
            .setKvTicket(kvTicket);
    for (int id : request.inputIds()) {
      message.addInputIds(id);
    }
    for (int i = 0; i < request.images().size(); i++) {
      ScannedImage image = request.images().get(i);
      var span = request.spans().get(i);
      var builder =
          ImageSpan.newBuilder()
              .setOffset(span.offset())
              .setTokens(span.tokens())
              .setGrid(grid(image.grid()))
              .setCacheKey(image.cacheKey());
      if (inline) {
        builder.setInlineImage(UnsafeByteOperations.unsafeWrap(image.file()));
      }
      message.addImages(builder);
    }
    var call =
        new StreamCall<PrefillRequest, PrefillEvent>(
            new Call.Prefill(), post, Signal.Prefilled::new);
    traced(() -> timed(PrefillGrpc.newStub(prefill.channel())).run(message.build(), call));
    return call;
  }

  /**
   * @param turn counts the tries of this image; a later one supersedes the earlier at prefill
   */
  StreamCall<EncodeRequest, EncodeEvent> encode(
      Node encoder, Node prefill, String reservationId, int index, int turn) {
    ScannedImage image = request.images().get(index);
    Endpoint to = prefill.endpoint();
    Ticket ticket =
        Ticket.forImage(
                reservationId,
                index,
                turn,
                to.host(),
                to.transferPort(),
                fingerprint,
                requestId,
                expiry())
            .withTenant(request.tenant());
    var message =
        EncodeRequest.newBuilder()
            .setRequestId(requestId)
            .setImageIndex(index)
            .setImage(UnsafeByteOperations.unsafeWrap(image.file()))
            .setCacheKey(image.cacheKey())
            .setExpectedGrid(grid(image.grid()))
            .setModelFingerprint(fingerprint)
            .setTicket(signed(ticket))
            .build();
    var call =
        new StreamCall<EncodeRequest, EncodeEvent>(
            new Call.Encode(index, turn), post, event -> new Signal.Encoded(index, turn, event));
    traced(() -> timed(EncoderGrpc.newStub(encoder.channel())).encode(message, call));
    return call;
  }

  StreamCall<GenerateRequest, DecodeEvent> generate(
      Node decode, SlotReservation slot, int firstToken, int promptTokens, int ropeDelta) {
    var message =
        GenerateRequest.newBuilder()
            .setRequestId(requestId)
            .setReservationId(slot.getReservationId())
            .setEpoch(slot.getEpoch())
            .setFirstToken(firstToken)
            .setPromptTokens(promptTokens)
            .setRopeDelta(ropeDelta)
            .setSampling(request.sampling())
            .build();
    var call =
        new StreamCall<GenerateRequest, DecodeEvent>(
            new Call.Generate(), post, Signal.Decoded::new);
    traced(() -> timed(DecodeGrpc.newStub(decode.channel())).generate(message, call));
    return call;
  }

  /**
   * Gives a slot back that Generate was not called for. Its lease covers the case that this fails.
   */
  void release(Node decode, SlotReservation slot) {
    var message =
        ReleaseRequest.newBuilder()
            .setReservationId(slot.getReservationId())
            .setEpoch(slot.getEpoch())
            .build();
    traced(
        () ->
            DecodeGrpc.newStub(decode.channel())
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .release(
                    message,
                    new StreamObserver<ReleaseResponse>() {
                      @Override
                      public void onNext(ReleaseResponse response) {}

                      @Override
                      public void onError(Throwable failure) {}

                      @Override
                      public void onCompleted() {}
                    }));
  }

  private static Grid grid(ImageGrid grid) {
    return Grid.newBuilder().setT(grid.t()).setH(grid.h()).setW(grid.w()).build();
  }

  private ByteString signed(Ticket ticket) {
    return ByteString.copyFrom(signer.sign(ticket));
  }

  private Instant expiry() {
    return clock.instant().plusNanos(remaining()).plus(CLOCK_SKEW);
  }

  private long remaining() {
    return Math.max(1, deadlineNanos - System.nanoTime());
  }

  private <S extends AbstractStub<S>> S timed(S stub) {
    return stub.withDeadline(Deadline.after(remaining(), TimeUnit.NANOSECONDS));
  }

  private void traced(Runnable call) {
    Context.ROOT.withValue(TraceParent.CONTEXT, trace).run(call);
  }
}

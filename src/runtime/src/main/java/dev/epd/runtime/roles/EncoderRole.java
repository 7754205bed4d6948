package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketVerifier;
import dev.epd.contract.v1.EmbeddingsCommitted;
import dev.epd.contract.v1.EmbeddingsReceived;
import dev.epd.contract.v1.EncodeAccepted;
import dev.epd.contract.v1.EncodeEvent;
import dev.epd.contract.v1.EncodeRequest;
import dev.epd.contract.v1.Encoded;
import dev.epd.contract.v1.EncoderGrpc;
import dev.epd.contract.v1.Grid;
import dev.epd.modelspec.ImageGrid;
import dev.epd.runtime.engine.Embeddings;
import dev.epd.transfer.PartShape;
import dev.epd.transfer.Push;
import dev.epd.transfer.PushSpec;
import dev.epd.transfer.TransferClient;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** Pictures in, embeddings pushed to where the ticket says. */
final class EncoderRole extends EncoderGrpc.EncoderImplBase {
  private static final double NANOS = 1e9;

  private final String fingerprint;
  private final PictureEncoder pictures;
  private final TransferClient transfers;
  private final TicketVerifier verifier;
  private final Gate gate;
  private final RoleMeters meters;
  private final Semaphore places;

  EncoderRole(
      String fingerprint,
      int maxImages,
      PictureEncoder pictures,
      TransferClient transfers,
      TicketVerifier verifier,
      Gate gate,
      RoleMeters meters) {
    this.fingerprint = fingerprint;
    this.pictures = pictures;
    this.transfers = transfers;
    this.verifier = verifier;
    this.gate = gate;
    this.meters = meters;
    this.places = new Semaphore(maxImages);
  }

  /** Places that are free now. */
  int freePlaces() {
    return places.availablePermits();
  }

  @Override
  public void encode(EncodeRequest request, StreamObserver<EncodeEvent> observer) {
    Call.serve(observer, gate, meters, call -> serve(request, call));
  }

  private void serve(EncodeRequest request, Call<EncodeEvent> call) throws Exception {
    Failures.requireFingerprint(fingerprint, request.getModelFingerprint());
    byte[] signed = request.getTicket().toByteArray();
    Ticket ticket =
        Failures.requireTicket(
            verifier, signed, Ticket.Kind.EMBEDDINGS, request.getRequestId(), fingerprint);
    if (!ticket.covers(request.getImageIndex())) {
      throw new RoleException(ErrorKind.UNAUTHENTICATED, "the ticket is for another image");
    }
    if (request.getCacheKey().isEmpty()) {
      throw new RoleException(ErrorKind.INVALID_REQUEST, "the picture has no cache key");
    }
    if (!places.tryAcquire()) {
      throw new RoleException(ErrorKind.OVERLOADED, "all places of this encoder are taken");
    }
    AtomicBoolean placeHeld = new AtomicBoolean(true);
    Runnable freePlace =
        () -> {
          if (placeHeld.getAndSet(false)) {
            places.release();
          }
        };
    try {
      call.send(EncodeEvent.newBuilder().setAccepted(EncodeAccepted.getDefaultInstance()).build());
      PictureEncoder.Picture picture =
          pictures.encode(
              request.getImage().toByteArray(),
              request.getCacheKey(),
              request.getExpectedGrid(),
              call.deadlineNanos());
      try (var pin = picture.pin()) {
        call.send(EncodeEvent.newBuilder().setEncoded(encoded(picture)).build());
        push(request, signed, pin.embeddings(), call, freePlace);
      }
    } finally {
      freePlace.run();
    }
  }

  private void push(
      EncodeRequest request,
      byte[] ticket,
      Embeddings embeddings,
      Call<EncodeEvent> call,
      Runnable freePlace)
      throws Exception {
    long start = System.nanoTime();
    PartShape shape =
        PartShape.of(
            request.getImageIndex(),
            WireTypes.of(embeddings.dtype()),
            embeddings.tokens(),
            embeddings.hidden());
    PushSpec spec = new PushSpec(request.getRequestId(), fingerprint, List.of(shape));
    try (Push push = transfers.open(ticket, spec)) {
      push.send(shape.part(), 0, embeddings.memory());
      push.finish();
      push.received().get();
      meters.record(RoleMeters.Stage.TRANSFER, System.nanoTime() - start);
      freePlace.run();
      call.send(
          EncodeEvent.newBuilder().setReceived(EmbeddingsReceived.getDefaultInstance()).build());
      push.committed().get();
      call.send(
          EncodeEvent.newBuilder().setCommitted(EmbeddingsCommitted.getDefaultInstance()).build());
    }
  }

  private static Encoded encoded(PictureEncoder.Picture picture) {
    ImageGrid grid = picture.pin().embeddings().grid();
    return Encoded.newBuilder()
        .setGrid(Grid.newBuilder().setT(grid.t()).setH(grid.h()).setW(grid.w()))
        .setTokens(grid.tokens())
        .setFromCache(picture.fromCache())
        .setQueueSeconds(picture.queueNanos() / NANOS)
        .setPreprocessSeconds(picture.preprocessNanos() / NANOS)
        .setEncodeSeconds(picture.encodeNanos() / NANOS)
        .build();
  }
}

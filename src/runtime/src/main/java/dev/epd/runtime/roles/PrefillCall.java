package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.Ticket;
import dev.epd.contract.v1.ImageArrived;
import dev.epd.contract.v1.KvCommitted;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.PrefillRequest;
import dev.epd.contract.v1.PrefillReserved;
import dev.epd.modelspec.ImageSpan;
import dev.epd.runtime.engine.Embeddings;
import dev.epd.runtime.engine.KvPool;
import dev.epd.runtime.engine.SamplingParams;
import dev.epd.runtime.engine.Sequence;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.KvWindow;
import dev.epd.runtime.model.LanguageShape;
import dev.epd.transfer.PartShape;
import dev.epd.transfer.PartSpec;
import dev.epd.transfer.Push;
import dev.epd.transfer.PushSpec;
import dev.epd.transfer.Reservation;
import dev.epd.transfer.ReservationListener;
import dev.epd.transfer.ReservationSpec;
import dev.epd.transfer.TransferException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One prefill request. The call's thread takes everything it needs or nothing, hands the sequence
 * to the engine, and then serves what the engine tells it: keys and values to push, the end. What
 * it took is given back in reverse order, after the engine has let go of the sequence.
 */
final class PrefillCall {
  private static final Logger LOG = LoggerFactory.getLogger(PrefillCall.class);
  private static final Duration LONGEST_LEASE = Duration.ofMinutes(10);

  private final PrefillRole role;
  private final LanguageParts parts;
  private final PrefillRequest request;
  private final Call<PrefillEvent> call;
  private final long start = System.nanoTime();
  private final PrefillEvents events;
  private final Deque<Runnable> held = new ArrayDeque<>();
  private final AtomicInteger missing = new AtomicInteger();

  PrefillCall(PrefillRole role, PrefillRequest request, Call<PrefillEvent> call) {
    this.role = role;
    this.parts = role.parts();
    this.request = request;
    this.call = call;
    this.events = new PrefillEvents(call, parts.meters(), start);
  }

  void serve() throws Exception {
    try {
      admit();
    } finally {
      // Cleaning up waits, and a cancelled call's thread is still marked as interrupted.
      boolean interrupted = Thread.interrupted();
      while (!held.isEmpty()) {
        giveBack(held.pop());
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void giveBack(Runnable owned) {
    try {
      owned.run();
    } catch (RuntimeException e) {
      LOG.error("something a request held could not be given back", e);
    }
  }

  private void admit() throws Exception {
    String fingerprint = parts.spec().fingerprint();
    Failures.requireFingerprint(fingerprint, request.getModelFingerprint());
    SamplingParams sampling = WireTypes.of(request.getSampling());
    PromptCheck prompt = PromptCheck.of(parts.spec(), parts.pool().maxTokens(), request);
    boolean handOver = !request.getKvTicket().isEmpty();
    byte[] ticket = request.getKvTicket().toByteArray();
    if (handOver) {
      Failures.requireTicket(
          parts.verifier(), ticket, Ticket.Kind.KV, request.getRequestId(), fingerprint);
    }
    List<Optional<Embeddings>> buffers = takeBuffers(prompt);
    KvPool.Slot slot =
        parts
            .pool()
            .take()
            .orElseThrow(
                () -> new RoleException(ErrorKind.OVERLOADED, "all sequences here are taken"));
    held.push(slot::free);
    Sequence sequence =
        Sequence.prompt(
            slot,
            parts.pool().maxTokens(),
            prompt.ids(),
            prompt.images(),
            sampling,
            handOver,
            events,
            call.deadlineNanos());
    Optional<Push> push = handOver ? Optional.of(openPush(ticket, prompt)) : Optional.empty();
    run(sequence, prompt, buffers, push);
  }

  /** Room for the embeddings of all pictures that encoders will push, or for none. */
  private List<Optional<Embeddings>> takeBuffers(PromptCheck prompt) {
    LanguageShape shape = parts.cache().shape();
    long bytes = 0;
    for (ImageSpan span : prompt.images()) {
      if (pushed(span)) {
        bytes += (long) span.tokens() * shape.hidden() * shape.dtype().bytes();
      } else if (role.pictures().isEmpty()) {
        throw new RoleException(ErrorKind.UNAVAILABLE, "this prefill has no vision tower");
      }
    }
    long total = bytes;
    if (!role.tryReserve(total)) {
      throw new RoleException(
          ErrorKind.OVERLOADED, "no room for %d bytes of embeddings".formatted(total));
    }
    held.push(() -> role.giveBack(total));
    List<Optional<Embeddings>> buffers = new ArrayList<>();
    for (ImageSpan span : prompt.images()) {
      if (!pushed(span)) {
        buffers.add(Optional.empty());
        continue;
      }
      Embeddings buffer = new Embeddings(span.grid(), shape.hidden(), shape.dtype());
      held.push(buffer::close);
      buffers.add(Optional.of(buffer));
    }
    return buffers;
  }

  private boolean pushed(ImageSpan span) {
    return request.getImages(span.index()).getInlineImage().isEmpty();
  }

  private Push openPush(byte[] ticket, PromptCheck prompt) throws TransferException {
    LanguageShape shape = parts.cache().shape();
    long width = (long) shape.kvHeads() * shape.headDim();
    List<PartShape> shapes = new ArrayList<>();
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (KvCache.Kind kind : KvCache.Kind.values()) {
        shapes.add(
            PartShape.of(
                WireTypes.kvPart(layer, kind),
                WireTypes.of(shape.dtype()),
                prompt.ids().length,
                width));
      }
    }
    Push push =
        parts
            .sender()
            .open(ticket, new PushSpec(request.getRequestId(), parts.spec().fingerprint(), shapes));
    held.push(push::close);
    // Decode may go away while nothing is being sent.
    push.received().whenComplete((done, failure) -> events.fail(failure));
    return push;
  }

  private void run(
      Sequence sequence,
      PromptCheck prompt,
      List<Optional<Embeddings>> buffers,
      Optional<Push> push)
      throws Exception {
    missing.set(prompt.images().size());
    String reservationId = UUID.randomUUID().toString();
    Optional<Reservation> reservation = reserve(reservationId, sequence, prompt, buffers);
    call.send(
        PrefillEvent.newBuilder()
            .setReserved(PrefillReserved.newBuilder().setReservationId(reservationId))
            .build());
    held.push(
        () -> {
          sequence.cancel();
          parts.engine().wake();
          events.awaitEnd();
        });
    parts.lane().submit(sequence);
    parts.engine().wake();
    encodeInline(sequence, prompt);
    follow(sequence, reservation, push, prompt.ids().length);
  }

  private Optional<Reservation> reserve(
      String id, Sequence sequence, PromptCheck prompt, List<Optional<Embeddings>> buffers) {
    List<PartSpec> wanted = new ArrayList<>();
    for (ImageSpan span : prompt.images()) {
      buffers
          .get(span.index())
          .ifPresent(
              b ->
                  wanted.add(
                      new PartSpec(
                          PartShape.of(
                              span.index(), WireTypes.of(b.dtype()), b.tokens(), b.hidden()),
                          b.memory())));
    }
    if (wanted.isEmpty()) {
      return Optional.empty();
    }
    CompletableFuture<Reservation> made = new CompletableFuture<>();
    ReservationListener listener =
        new ReservationListener() {
          @Override
          public void onPart(int part, long epoch) {
            // Fewer rows than the grid has would leave the rest of the buffer as zeros.
            made.thenAccept(r -> arrived(r, part, sequence, buffers.get(part).orElseThrow()));
          }

          @Override
          public void onClosed(TransferException cause) {
            events.fail(cause);
          }
        };
    Duration left = Duration.ofNanos(call.deadlineNanos() - System.nanoTime());
    Reservation reservation =
        parts
            .receiver()
            .reserve(
                new ReservationSpec(
                    Ticket.Kind.EMBEDDINGS,
                    id,
                    0,
                    request.getRequestId(),
                    parts.spec().fingerprint(),
                    wanted,
                    Instant.now().plus(left.compareTo(LONGEST_LEASE) < 0 ? left : LONGEST_LEASE),
                    listener));
    held.push(reservation::release);
    made.complete(reservation);
    return Optional.of(reservation);
  }

  private void arrived(
      Reservation reservation, int part, Sequence sequence, Embeddings embeddings) {
    long rows = reservation.shape(part).map(PartShape::rows).orElse(-1L);
    if (rows != embeddings.tokens()) {
      events.fail(
          new RoleException(
              ErrorKind.MODEL_MISMATCH,
              "%d embeddings came for %d placeholders".formatted(rows, embeddings.tokens())));
      return;
    }
    arrived(part, sequence, embeddings);
  }

  private void arrived(int image, Sequence sequence, Embeddings embeddings) {
    sequence.arrived(image, embeddings);
    parts.engine().wake();
    if (missing.decrementAndGet() == 0) {
      parts.meters().record(RoleMeters.Stage.PREFILL_WAIT, System.nanoTime() - start);
    }
    call.send(
        PrefillEvent.newBuilder()
            .setImageArrived(ImageArrived.newBuilder().setImageIndex(image))
            .build());
  }

  /**
   * Pictures that came with the request go through this process' own vision tower, side by side.
   */
  private void encodeInline(Sequence sequence, PromptCheck prompt) {
    for (ImageSpan span : prompt.images()) {
      if (pushed(span)) {
        continue;
      }
      PictureEncoder encoder = role.pictures().orElseThrow();
      // Unpinned only after the engine is done with the sequence; see the order of what is held.
      CompletableFuture<Optional<PictureEncoder.Picture>> picture = new CompletableFuture<>();
      Thread worker =
          Thread.ofVirtual()
              .name("inline-image")
              .unstarted(
                  () -> {
                    try {
                      picture.complete(Optional.of(encode(encoder, span.index())));
                    } catch (Exception e) {
                      events.fail(e);
                      picture.complete(Optional.empty());
                    }
                  });
      held.addLast(() -> picture.join().ifPresent(p -> p.pin().close()));
      held.push(worker::interrupt);
      picture.thenAccept(
          done -> done.ifPresent(p -> arrived(span.index(), sequence, p.pin().embeddings())));
      worker.start();
    }
  }

  private PictureEncoder.Picture encode(PictureEncoder encoder, int index) throws Exception {
    var image = request.getImages(index);
    String key = image.getCacheKey().isEmpty() ? UUID.randomUUID().toString() : image.getCacheKey();
    return encoder.encode(
        image.getInlineImage().toByteArray(), key, image.getGrid(), call.deadlineNanos());
  }

  private void follow(
      Sequence sequence, Optional<Reservation> reservation, Optional<Push> push, int promptTokens)
      throws Exception {
    long firstToken = start;
    while (true) {
      switch (events.take()) {
        case PrefillEvents.Event.Written(int layer, int from, int to) -> {
          if (push.isPresent()) {
            send(push.get(), sequence.slot(), layer, from, to);
          }
        }
        case PrefillEvents.Event.FirstToken() -> {
          firstToken = System.nanoTime();
          if (push.isEmpty()) {
            reservation.ifPresent(Reservation::commit);
          }
        }
        case PrefillEvents.Event.HandedOver() -> {
          Push kv = push.orElseThrow();
          kv.finish();
          kv.committed().get();
          parts.meters().record(RoleMeters.Stage.KV_TRANSFER, System.nanoTime() - firstToken);
          reservation.ifPresent(Reservation::commit);
          call.send(
              PrefillEvent.newBuilder()
                  .setKvCommitted(
                      KvCommitted.newBuilder()
                          .setPromptTokens(promptTokens)
                          .setRopeDelta(sequence.ropeDelta()))
                  .build());
          return;
        }
        case PrefillEvents.Event.Finished(Sequence.Finish reason, int tokens) -> {
          call.send(
              PrefillEvent.newBuilder().setFinished(WireTypes.finished(reason, tokens)).build());
          return;
        }
        case PrefillEvents.Event.Failed(Throwable cause) -> {
          if (cause instanceof Exception e) {
            throw e;
          }
          throw new IllegalStateException("the engine broke", cause);
        }
      }
    }
  }

  private void send(Push push, KvPool.Slot slot, int layer, int from, int to)
      throws TransferException {
    long offset = (long) from * parts.cache().shape().tokenBytes();
    try (KvWindow window = parts.cache().outgoing(layer, slot.index(), from, to)) {
      for (KvCache.Kind kind : KvCache.Kind.values()) {
        push.send(WireTypes.kvPart(layer, kind), offset, window.segment(layer, kind));
      }
    }
  }
}

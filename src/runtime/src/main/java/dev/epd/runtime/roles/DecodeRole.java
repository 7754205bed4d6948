package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.Ticket;
import dev.epd.contract.v1.DecodeEvent;
import dev.epd.contract.v1.DecodeGrpc;
import dev.epd.contract.v1.GenerateRequest;
import dev.epd.contract.v1.ReleaseRequest;
import dev.epd.contract.v1.ReleaseResponse;
import dev.epd.contract.v1.ReserveRequest;
import dev.epd.contract.v1.SlotReservation;
import dev.epd.runtime.engine.KvPool;
import dev.epd.runtime.engine.SamplingParams;
import dev.epd.runtime.engine.Sequence;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.KvWindow;
import dev.epd.runtime.model.LanguageShape;
import dev.epd.transfer.PartShape;
import dev.epd.transfer.PartSpec;
import dev.epd.transfer.Reservation;
import dev.epd.transfer.ReservationListener;
import dev.epd.transfer.ReservationSpec;
import dev.epd.transfer.TransferException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Slots that prefill writes into, on the CPU without a copy, and the rest of the answer from there.
 */
final class DecodeRole extends DecodeGrpc.DecodeImplBase {
  private final LanguageParts parts;
  private final Duration lease;
  private final Map<String, Held> slots = new ConcurrentHashMap<>();

  DecodeRole(LanguageParts parts, Duration lease) {
    this.parts = parts;
    this.lease = lease;
  }

  /** A slot that waits for its KV cache or for Generate; the slot is held open for writes. */
  private record Held(
      KvPool.Slot slot,
      KvWindow window,
      String requestId,
      CompletableFuture<Reservation> reservation) {
    /** Ends all writing and keeps the first tokens; the slot is still the caller's. */
    void endTransfer(int tokens) {
      reservation.join().release();
      try {
        window.store(tokens);
      } finally {
        letGo();
      }
    }

    /** For when nobody writes any more. */
    void letGo() {
      window.close();
      slot.release();
    }
  }

  /** Slots reserved and not yet generating. */
  int reserved() {
    return slots.size();
  }

  @Override
  public void reserve(ReserveRequest request, StreamObserver<SlotReservation> observer) {
    Call.serve(observer, parts.gate(), parts.meters(), call -> call.send(reserve(request)));
  }

  private SlotReservation reserve(ReserveRequest request) {
    Failures.requireFingerprint(parts.spec().fingerprint(), request.getModelFingerprint());
    if (request.getTokens() < 1 || request.getTokens() > parts.pool().maxTokens()) {
      throw new RoleException(
          ErrorKind.CONTEXT_TOO_LONG,
          "prompt and answer are %d tokens; %d is the limit"
              .formatted(request.getTokens(), parts.pool().maxTokens()));
    }
    KvPool.Slot slot =
        parts
            .pool()
            .lease(lease)
            .orElseThrow(() -> new RoleException(ErrorKind.OVERLOADED, "no free slot"));
    KvWindow window = parts.cache().incoming(slot.index(), request.getTokens());
    if (!slot.open()) {
      window.close();
      throw new RoleException(ErrorKind.OVERLOADED, "no free slot");
    }
    String id = UUID.randomUUID().toString();
    Held held = new Held(slot, window, request.getRequestId(), new CompletableFuture<>());
    slots.put(id, held);
    try {
      held.reservation().complete(parts.receiver().reserve(transfer(id, held, request)));
    } catch (RuntimeException e) {
      slots.remove(id);
      slot.free();
      held.letGo();
      throw e;
    }
    return SlotReservation.newBuilder()
        .setReservationId(id)
        .setEpoch(slot.epoch())
        .setLeaseMillis(lease.toMillis())
        .build();
  }

  /** The slot's own memory as the destination, or what stands in for it, part by part. */
  private ReservationSpec transfer(String id, Held held, ReserveRequest request) {
    LanguageShape shape = parts.cache().shape();
    int tokens = request.getTokens();
    List<PartSpec> destinations = new ArrayList<>();
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (KvCache.Kind kind : KvCache.Kind.values()) {
        destinations.add(
            new PartSpec(
                PartShape.of(
                    WireTypes.kvPart(layer, kind),
                    WireTypes.of(shape.dtype()),
                    tokens,
                    (long) shape.kvHeads() * shape.headDim()),
                held.window().segment(layer, kind)));
      }
    }
    ReservationListener listener =
        new ReservationListener() {
          @Override
          public void onComplete(long epoch) {
            // Whole and checked: prefill need not keep it.
            held.reservation().thenAccept(Reservation::commit);
          }

          @Override
          public void onClosed(TransferException cause) {
            if (slots.remove(id, held)) {
              held.slot().free();
              held.letGo();
            }
          }
        };
    return new ReservationSpec(
        Ticket.Kind.KV,
        id,
        held.slot().epoch(),
        request.getRequestId(),
        parts.spec().fingerprint(),
        destinations,
        Instant.now().plus(lease),
        listener);
  }

  @Override
  public void generate(GenerateRequest request, StreamObserver<DecodeEvent> observer) {
    Call.serveContinued(observer, parts.gate(), parts.meters(), call -> generate(request, call));
  }

  private void generate(GenerateRequest request, Call<DecodeEvent> call) throws Exception {
    SamplingParams sampling = WireTypes.of(request.getSampling());
    int vocabulary = parts.cache().shape().vocabulary();
    if (request.getFirstToken() < 0 || request.getFirstToken() >= vocabulary) {
      throw new RoleException(
          ErrorKind.INVALID_REQUEST, "the first token is not in the vocabulary");
    }
    Held held = claim(request);
    KvPool.Slot slot = held.slot();
    try {
      // Nobody may write while the engine reads; what is complete would be refused anyway.
      held.endTransfer(request.getPromptTokens());
      decode(request, call, slot, sampling);
    } finally {
      slot.free();
    }
  }

  /**
   * Takes the slot out of the waiting ones, if its KV cache is whole and belongs to the request.
   */
  private Held claim(GenerateRequest request) {
    String id = request.getReservationId();
    Held held = slots.get(id);
    if (held == null
        || held.slot().epoch() != request.getEpoch()
        || !held.requestId().equals(request.getRequestId())) {
      throw new RoleException(ErrorKind.RESERVATION_LOST, "no such slot, or its lease ran out");
    }
    Reservation reservation = held.reservation().join();
    LanguageShape shape = parts.cache().shape();
    boolean whole =
        reservation.received().isDone() && !reservation.received().isCompletedExceptionally();
    for (int part = 0; whole && part < 2 * shape.layers(); part++) {
      whole = reservation.shape(part).map(PartShape::rows).orElse(-1L) == request.getPromptTokens();
    }
    if (!whole) {
      throw new RoleException(
          ErrorKind.RESERVATION_LOST, "the KV cache of the slot is not complete");
    }
    if (!held.slot().keep() || !slots.remove(id, held)) {
      throw new RoleException(ErrorKind.RESERVATION_LOST, "the slot's lease ran out");
    }
    return held;
  }

  private void decode(
      GenerateRequest request, Call<DecodeEvent> call, KvPool.Slot slot, SamplingParams sampling)
      throws Exception {
    CompletableFuture<DecodeEvent> end = new CompletableFuture<>();
    Sequence sequence =
        Sequence.resumed(
            slot,
            parts.pool().maxTokens(),
            request.getPromptTokens(),
            request.getRopeDelta(),
            request.getFirstToken(),
            sampling,
            listener(call, end),
            call.deadlineNanos());
    parts.lane().submit(sequence);
    parts.engine().wake();
    try {
      call.send(end.get());
    } finally {
      sequence.cancel();
      parts.engine().wake();
      end.handle((event, failure) -> 0).join();
    }
  }

  private static Sequence.Listener listener(
      Call<DecodeEvent> call, CompletableFuture<DecodeEvent> end) {
    return new Sequence.Listener() {
      @Override
      public void token(int id, int index, int logitsCrc32c) {
        call.send(
            DecodeEvent.newBuilder().setToken(WireTypes.token(id, index, logitsCrc32c)).build());
      }

      @Override
      public void finished(Sequence.Finish reason, int tokens) {
        end.complete(
            DecodeEvent.newBuilder().setFinished(WireTypes.finished(reason, tokens)).build());
      }

      @Override
      public void failed(Throwable cause) {
        end.completeExceptionally(cause);
      }
    };
  }

  @Override
  public void release(ReleaseRequest request, StreamObserver<ReleaseResponse> observer) {
    Call.serveContinued(
        observer,
        parts.gate(),
        parts.meters(),
        call -> {
          Held held = slots.get(request.getReservationId());
          if (held != null
              && held.slot().epoch() == request.getEpoch()
              && slots.remove(request.getReservationId(), held)) {
            held.endTransfer(0);
            held.slot().free();
          }
          call.send(ReleaseResponse.getDefaultInstance());
        });
  }
}

package dev.epd.runtime.roles;

import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.PrefillGrpc;
import dev.epd.contract.v1.PrefillRequest;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Prompts in; the KV cache pushed to decode and the first token out, or the whole answer. */
final class PrefillRole extends PrefillGrpc.PrefillImplBase {
  /** The embeddings' budget is counted in units of this many bytes. */
  private static final int UNIT = 1024;

  private final LanguageParts parts;
  private final Optional<PictureEncoder> pictures;
  private final Semaphore embeddingUnits;

  /**
   * @param pictures for images that come inline
   */
  PrefillRole(LanguageParts parts, Optional<PictureEncoder> pictures, long embeddingBytes) {
    this.parts = parts;
    this.pictures = pictures;
    this.embeddingUnits =
        new Semaphore((int) Math.min(Integer.MAX_VALUE, Math.max(1, embeddingBytes / UNIT)));
  }

  LanguageParts parts() {
    return parts;
  }

  Optional<PictureEncoder> pictures() {
    return pictures;
  }

  /** Takes room for embeddings, or none of it and says no. */
  boolean tryReserve(long bytes) {
    return bytes / UNIT < Integer.MAX_VALUE && embeddingUnits.tryAcquire(units(bytes));
  }

  void giveBack(long bytes) {
    embeddingUnits.release(units(bytes));
  }

  /** Bytes of embeddings that could be reserved now. */
  long freeEmbeddingBytes() {
    return (long) embeddingUnits.availablePermits() * UNIT;
  }

  private static int units(long bytes) {
    return (int) ((bytes + UNIT - 1) / UNIT);
  }

  @Override
  public void run(PrefillRequest request, StreamObserver<PrefillEvent> observer) {
    Call.serve(
        observer,
        parts.gate(),
        parts.meters(),
        call -> new PrefillCall(this, request, call).serve());
  }
}

package dev.epd.runtime.engine;

import dev.epd.runtime.preprocess.PatchedImage;
import java.util.concurrent.CompletableFuture;

/** One picture on its way through the vision tower. */
public final class EncodeJob extends Task {
  private final PatchedImage image;
  private final CompletableFuture<Encoded> result = new CompletableFuture<>();

  /**
   * A finished picture.
   *
   * @param embeddings the receiver closes them
   * @param nanos its share, by patches, of the pass it was in
   */
  public record Encoded(Embeddings embeddings, long nanos) {}

  /**
   * @param deadlineNanos on the engine's monotonic clock
   */
  public EncodeJob(PatchedImage image, long deadlineNanos) {
    super(deadlineNanos);
    this.image = image;
  }

  public PatchedImage image() {
    return image;
  }

  /**
   * Completed in the engine thread. Fails with {@link java.util.concurrent.CancellationException},
   * {@link DeadlineExceededException} or what the step threw.
   */
  public CompletableFuture<Encoded> result() {
    return result;
  }
}

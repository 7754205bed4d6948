package dev.epd.runtime.engine;

import dev.epd.modelspec.ImageSpan;
import dev.epd.modelspec.MRope;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * One sequence of tokens on its way through the language model: a prompt to prefill, or a cache
 * that another process prefilled and that decoding goes on from.
 *
 * <p>Images may be given later ({@link #arrived}); prefill stops before the first that is missing.
 * The slot belongs to whoever made the sequence; the engine does not touch it after the last event.
 */
public final class Sequence extends Task {
  /** Why generation ended well. */
  public enum Finish {
    /** A stop token was drawn. */
    STOP,
    /** max_tokens or the slot is used up. */
    LENGTH
  }

  /**
   * Told what happens, in the engine thread; must return quickly and not throw. Exactly one of
   * {@code handedOver}, {@code finished} and {@code failed} comes, as the last event.
   */
  public interface Listener {
    /** Keys and values of prompt tokens [from, to) stand in the slot in {@code layer}. */
    default void written(int layer, int from, int to) {}

    /**
     * A token was drawn; a stop token is told only as {@code index} 0 of a sequence that is handed
     * over.
     *
     * @param logitsCrc32c of the logits it was drawn from; 0 unless deterministic
     */
    void token(int id, int index, int logitsCrc32c);

    /** The prompt is complete, its first token was told, and generation goes on elsewhere. */
    default void handedOver() {}

    /**
     * Generation is over.
     *
     * @param tokens generated, a stop token included
     */
    void finished(Finish reason, int tokens);

    /** The work ended without a result: cancelled, too late, or what a step threw. */
    void failed(Throwable cause);
  }

  private final KvPool.Slot slot;
  private final int[] prompt;
  private final List<ImageSpan> images;
  private final AtomicReferenceArray<Embeddings> arrived;
  private final int[][] positions;
  private final int ropeDelta;
  private final SamplingParams sampling;
  private final boolean handOver;
  private final int maxTokens;
  private final Listener listener;

  /** Tokens in the cache. Engine thread only, as all below. */
  private int length;

  private int generated;
  private int lastToken;
  private int lastLogitsCrc32c;

  private Sequence(
      KvPool.Slot slot,
      int slotTokens,
      int[] prompt,
      List<ImageSpan> images,
      int[][] positions,
      int ropeDelta,
      SamplingParams sampling,
      boolean handOver,
      Listener listener,
      long deadlineNanos) {
    super(deadlineNanos);
    this.slot = slot;
    this.prompt = prompt;
    this.images = images;
    this.arrived = new AtomicReferenceArray<>(images.size());
    this.positions = positions;
    this.ropeDelta = ropeDelta;
    this.sampling = sampling;
    this.handOver = handOver;
    this.maxTokens = slotTokens;
    this.listener = listener;
  }

  /**
   * A prompt.
   *
   * @param slotTokens tokens the slot holds
   * @param images in ascending order, inside the prompt
   * @param handOver end after the first token: another process goes on
   * @param deadlineNanos on the engine's monotonic clock
   */
  public static Sequence prompt(
      KvPool.Slot slot,
      int slotTokens,
      int[] prompt,
      List<ImageSpan> images,
      SamplingParams sampling,
      boolean handOver,
      Listener listener,
      long deadlineNanos) {
    if (prompt.length == 0 || prompt.length > slotTokens) {
      throw new IllegalArgumentException(
          "a prompt of %d tokens for a slot of %d".formatted(prompt.length, slotTokens));
    }
    MRope rope = MRope.of(prompt.length, images);
    return new Sequence(
        slot,
        slotTokens,
        prompt.clone(),
        List.copyOf(images),
        rope.positions(),
        rope.delta(),
        sampling,
        handOver,
        listener,
        deadlineNanos);
  }

  /**
   * A prompt that was prefilled elsewhere and whose first token is known.
   *
   * @param promptTokens tokens in the slot
   * @param ropeDelta from a token's index to its rotary position
   */
  public static Sequence resumed(
      KvPool.Slot slot,
      int slotTokens,
      int promptTokens,
      int ropeDelta,
      int firstToken,
      SamplingParams sampling,
      Listener listener,
      long deadlineNanos) {
    if (promptTokens < 1 || promptTokens > slotTokens) {
      throw new IllegalArgumentException(
          "a prompt of %d tokens in a slot of %d".formatted(promptTokens, slotTokens));
    }
    Sequence sequence =
        new Sequence(
            slot,
            slotTokens,
            new int[0],
            List.of(),
            new int[3][0],
            ropeDelta,
            sampling,
            false,
            listener,
            deadlineNanos);
    sequence.length = promptTokens;
    sequence.generated = 1;
    sequence.lastToken = firstToken;
    return sequence;
  }

  /**
   * Image {@code index} is here; its memory must stay until the last event. Wake the engine
   * afterwards.
   */
  public void arrived(int index, Embeddings embeddings) {
    if (embeddings.tokens() != images.get(index).tokens()) {
      throw new IllegalArgumentException(
          "%d embeddings for %d placeholders"
              .formatted(embeddings.tokens(), images.get(index).tokens()));
    }
    arrived.set(index, embeddings);
  }

  /** Added to a token's index to get its rotary position after the prompt. */
  public int ropeDelta() {
    return ropeDelta;
  }

  public KvPool.Slot slot() {
    return slot;
  }

  Listener listener() {
    return listener;
  }

  SamplingParams sampling() {
    return sampling;
  }

  boolean handOver() {
    return handOver;
  }

  int length() {
    return length;
  }

  int generated() {
    return generated;
  }

  int lastToken() {
    return lastToken;
  }

  int lastLogitsCrc32c() {
    return lastLogitsCrc32c;
  }

  int slotTokens() {
    return maxTokens;
  }

  boolean prefilling() {
    return length < prompt.length;
  }

  int promptTokens() {
    return prompt.length;
  }

  int[] promptIds(int from, int to) {
    return Arrays.copyOfRange(prompt, from, to);
  }

  int[][] promptPositions(int from, int to) {
    int[][] cut = new int[3][];
    for (int row = 0; row < 3; row++) {
      cut[row] = Arrays.copyOfRange(positions[row], from, to);
    }
    return cut;
  }

  List<ImageSpan> images() {
    return images;
  }

  /** The embeddings of an image, if they are here. */
  Optional<Embeddings> embeddings(int index) {
    return Optional.ofNullable(arrived.get(index));
  }

  /** Prompt tokens before the first picture that is missing, at or after {@code from}. */
  int availableFrom(int from) {
    for (int i = 0; i < images.size(); i++) {
      if (images.get(i).end() > from && arrived.get(i) == null) {
        return Math.max(from, images.get(i).offset());
      }
    }
    return prompt.length;
  }

  void wrote(int tokens) {
    length += tokens;
  }

  void drew(int token, int logitsCrc32c) {
    lastToken = token;
    lastLogitsCrc32c = logitsCrc32c;
    generated++;
  }
}

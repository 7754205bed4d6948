package dev.epd.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ImageSpan;
import dev.epd.runtime.model.DecodeRow;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LanguageShape;
import dev.epd.runtime.model.LayerListener;
import dev.epd.runtime.model.PrefillChunk;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The scheduler over a model that counts: token n+1 follows token n, so every answer is known. */
class EngineTest {
  private static final long FOREVER = Long.MAX_VALUE / 2;
  private static final int VOCABULARY = 64;
  private static final int POISON = 63;

  private final EngineThread engine = new EngineThread();
  private final EngineMeters meters = new EngineMeters(new SimpleMeterRegistry());
  private final Counting model = new Counting();
  private final KvCache cache = model.newKvCache(8, 32);
  private final KvPool pool = new KvPool(8, 32, 1, System::nanoTime);

  @AfterEach
  void stop() {
    engine.close();
    cache.close();
  }

  @Test
  void aLostDeviceIsFatalHoweverDeepItIsReported() {
    RuntimeException lost = new RuntimeException("CUDA error: device-side assert triggered");
    assertThat(EngineThread.isFatal(lost)).isTrue();
    assertThat(EngineThread.isFatal(new IllegalStateException("TorchScript x failed", lost)))
        .isTrue();
    assertThat(
            EngineThread.isFatal(
                new IllegalStateException("x", new RuntimeException("CUDA out of memory."))))
        .isFalse();
  }

  @Test
  void manySequencesEachGetTheirOwnAnswer() throws Exception {
    LanguageLane lane = lane(4, false);
    List<Heard> all = new ArrayList<>();
    for (int first = 0; first < 8; first++) {
      all.add(submit(lane, new int[] {50, 51, first * 5}, List.of(), 4, false));
    }
    for (int i = 0; i < 8; i++) {
      int base = i * 5;
      assertThat(all.get(i).end()).isEqualTo("LENGTH 4");
      assertThat(all.get(i).tokens).containsExactly(base + 1, base + 2, base + 3, base + 4);
    }
  }

  @Test
  void aStopTokenEndsAndIsNotTold() throws Exception {
    LanguageLane lane = lane(4, false);
    Heard heard = new Heard();
    lane.submit(
        Sequence.prompt(
            pool.take().orElseThrow(),
            32,
            new int[] {1},
            List.of(),
            SamplingParams.greedy(20, Set.of(4)),
            false,
            heard,
            System.nanoTime() + FOREVER));
    engine.wake();
    assertThat(heard.end()).isEqualTo("STOP 3");
    assertThat(heard.tokens).containsExactly(2, 3);
  }

  @Test
  void aFullSlotEndsWithLength() throws Exception {
    int[] prompt = new int[30];
    Heard heard = submit(lane(8, false), prompt, List.of(), 20, false);
    // 30 in the prompt, two more written, and the token after the last one.
    assertThat(heard.end()).isEqualTo("LENGTH 3");
  }

  @Test
  void prefillRunsUpToAMissingPictureAndGoesOnWhenItComes() throws Exception {
    LanguageLane lane = lane(4, false);
    ImageSpan span = new ImageSpan(0, 3, new ImageGrid(1, 4, 4, 2));
    Heard heard = new Heard();
    Sequence sequence = sequence(new int[12], List.of(span), 2, true, heard);
    lane.submit(sequence);
    Heard other = submit(lane, new int[] {7}, List.of(), 2, false);
    assertThat(other.end()).isEqualTo("LENGTH 2");
    assertThat(heard.written).containsExactly("0:0-3", "1:0-3");
    assertThat(heard.result).isNotDone();
    try (Embeddings embeddings = new Embeddings(new ImageGrid(1, 4, 4, 2), 4, DType.FLOAT32)) {
      sequence.arrived(0, embeddings);
      engine.wake();
      assertThat(heard.end()).isEqualTo("handed over");
    }
    assertThat(heard.written)
        .containsExactly("0:0-3", "1:0-3", "0:3-4", "1:3-4", "0:4-8", "1:4-8", "0:8-12", "1:8-12");
    assertThat(heard.tokens).containsExactly(1);
  }

  @Test
  void deterministicChunksAreNotCutWhereAPictureIsMissing() throws Exception {
    LanguageLane lane = lane(4, true);
    ImageSpan span = new ImageSpan(0, 5, new ImageGrid(1, 2, 2, 2));
    Heard heard = new Heard();
    Sequence sequence = sequence(new int[10], List.of(span), 2, true, heard);
    lane.submit(sequence);
    assertThat(submit(lane, new int[] {7}, List.of(), 2, false).end()).isEqualTo("LENGTH 2");
    assertThat(heard.written).containsExactly("0:0-4", "1:0-4");
    try (Embeddings embeddings = new Embeddings(new ImageGrid(1, 2, 2, 2), 4, DType.FLOAT32)) {
      sequence.arrived(0, embeddings);
      engine.wake();
      assertThat(heard.end()).isEqualTo("handed over");
    }
    assertThat(heard.written).endsWith("0:8-10", "1:8-10");
    assertThat(model.largestBatch).isEqualTo(1);
  }

  @Test
  void aPromptPrefilledElsewhereGoesOn() throws Exception {
    LanguageLane lane = lane(4, false);
    Heard heard = new Heard();
    lane.submit(
        Sequence.resumed(
            pool.take().orElseThrow(),
            32,
            3,
            0,
            9,
            SamplingParams.greedy(3, Set.of()),
            heard,
            System.nanoTime() + FOREVER));
    engine.wake();
    assertThat(heard.end()).isEqualTo("LENGTH 3");
    assertThat(heard.tokens).containsExactly(10, 11);
    assertThat(heard.firstIndex).isEqualTo(1);
  }

  @Test
  void cancellingEndsAWaitingAndARunningSequence() throws Exception {
    LanguageLane lane = lane(4, false);
    ImageSpan span = new ImageSpan(0, 0, new ImageGrid(1, 2, 2, 2));
    Heard waiting = new Heard();
    Sequence sequence = sequence(new int[4], List.of(span), 2, false, waiting);
    lane.submit(sequence);
    engine.wake();
    sequence.cancel();
    engine.wake();
    assertThatThrownBy(waiting::end).hasRootCauseInstanceOf(CancellationException.class);

    Heard late = new Heard();
    lane.submit(
        Sequence.prompt(
            pool.take().orElseThrow(),
            32,
            new int[4],
            List.of(),
            SamplingParams.greedy(2, Set.of()),
            false,
            late,
            System.nanoTime() - 1));
    engine.wake();
    assertThatThrownBy(late::end).hasRootCauseInstanceOf(DeadlineExceededException.class);
    assertThat(late.written).isEmpty();
  }

  @Test
  void aStepThatThrowsFailsTheSequenceConcernedAlone() throws Exception {
    LanguageLane lane = lane(4, false);
    Heard bad = submit(lane, new int[] {POISON - 2}, List.of(), 10, false);
    Heard good = submit(lane, new int[] {3}, List.of(), 10, false);
    assertThatThrownBy(bad::end).hasRootCauseMessage("poisoned row");
    assertThat(good.end()).isEqualTo("LENGTH 10");
    assertThat(engine.alive()).isTrue();
  }

  @Test
  void aFatalErrorEndsTheEngineAndFailsAllWork() throws Exception {
    LanguageLane lane = lane(4, false);
    model.fatal = true;
    Heard heard = submit(lane, new int[] {3}, List.of(), 10, false);
    assertThatThrownBy(heard::end).hasRootCauseInstanceOf(UnsatisfiedLinkError.class);
    assertThatThrownBy(() -> engine.call(() -> 1).get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class);
    assertThat(engine.alive()).isFalse();
    assertThatThrownBy(() -> submit(lane, new int[] {3}, List.of(), 1, false).end())
        .isInstanceOf(ExecutionException.class);
  }

  @Test
  void picturesShareAPassAndABadOneHarmsNoOther() throws Exception {
    Vision tower = new Vision();
    EncodeLane lane =
        new EncodeLane(tower, new EngineSettings(12, 4, 4, false), meters, System::nanoTime);
    List<EncodeJob> jobs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      jobs.add(new EncodeJob(image(i == 3 ? -1 : i), System.nanoTime() + FOREVER));
    }
    EncodeJob late = new EncodeJob(image(9), System.nanoTime() - 1);
    EncodeJob cancelled = new EncodeJob(image(9), System.nanoTime() + FOREVER);
    cancelled.cancel();
    lane.submit(late);
    lane.submit(cancelled);
    jobs.forEach(lane::submit);
    engine.add(lane);
    for (int i = 0; i < 5; i++) {
      CompletableFuture<EncodeJob.Encoded> result = jobs.get(i).result();
      if (i == 3) {
        assertThatThrownBy(() -> result.get(60, TimeUnit.SECONDS))
            .hasRootCauseMessage("bad picture");
      } else {
        try (Embeddings embeddings = result.get(60, TimeUnit.SECONDS).embeddings()) {
          assertThat(embeddings.memory().get(java.lang.foreign.ValueLayout.JAVA_FLOAT, 0))
              .isEqualTo(i);
        }
      }
    }
    assertThatThrownBy(() -> late.result().get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(DeadlineExceededException.class);
    assertThatThrownBy(() -> cancelled.result().get(60, TimeUnit.SECONDS))
        .isInstanceOf(CancellationException.class);
    assertThat(tower.seen).doesNotContain(9f);
    assertThat(tower.largestBatch).isEqualTo(3);
  }

  private LanguageLane lane(int chunk, boolean deterministic) {
    LanguageLane lane =
        new LanguageLane(
            model,
            cache,
            new EngineSettings(64, chunk, 4, deterministic),
            meters,
            System::nanoTime);
    engine.add(lane);
    return lane;
  }

  private Heard submit(
      LanguageLane lane, int[] prompt, List<ImageSpan> images, int maxTokens, boolean handOver) {
    Heard heard = new Heard();
    lane.submit(sequence(prompt, images, maxTokens, handOver, heard));
    engine.wake();
    return heard;
  }

  private Sequence sequence(
      int[] prompt, List<ImageSpan> images, int maxTokens, boolean handOver, Heard heard) {
    return Sequence.prompt(
        pool.take().orElseThrow(),
        32,
        prompt,
        images,
        SamplingParams.greedy(maxTokens, Set.of()),
        handOver,
        heard,
        System.nanoTime() + FOREVER);
  }

  private static PatchedImage image(float value) {
    var memory = Arena.ofAuto().allocate(4 * 2 * 4);
    memory.fill((byte) 0);
    memory.set(java.lang.foreign.ValueLayout.JAVA_FLOAT, 0, value);
    return new PatchedImage(new ImageGrid(1, 2, 2, 2), 2, memory);
  }

  /** What a sequence's listener was told. */
  private static final class Heard implements Sequence.Listener {
    private final List<Integer> tokens = new ArrayList<>();
    private final List<String> written = new ArrayList<>();
    private final CompletableFuture<String> result = new CompletableFuture<>();
    private int firstIndex = -1;

    String end() throws Exception {
      return result.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void written(int layer, int from, int to) {
      written.add(layer + ":" + from + "-" + to);
    }

    @Override
    public void token(int id, int index, int logitsCrc32c) {
      firstIndex = firstIndex < 0 ? index : firstIndex;
      tokens.add(id);
    }

    @Override
    public void handedOver() {
      result.complete("handed over");
    }

    @Override
    public void finished(Sequence.Finish reason, int count) {
      result.complete(reason + " " + count);
    }

    @Override
    public void failed(Throwable cause) {
      result.completeExceptionally(cause);
    }
  }

  /** Says that token n+1 follows token n. */
  private static final class Counting implements LanguageModel {
    private volatile boolean fatal;
    private volatile int largestBatch;

    @Override
    public LanguageShape shape() {
      return new LanguageShape(2, 1, 4, 4, VOCABULARY, 32, DType.FLOAT32);
    }

    @Override
    public Device device() {
      return Device.CPU;
    }

    @Override
    public Tensor embedTokens(TensorScope scope, int[] ids) {
      return scope.zeros(DType.FLOAT32, ids.length, 4);
    }

    @Override
    public Optional<float[]> prefill(KvCache kv, PrefillChunk chunk, LayerListener listener) {
      listener.layerWritten(0);
      listener.layerWritten(1);
      return chunk.wantLogits()
          ? Optional.of(after(chunk.ids()[chunk.ids().length - 1]))
          : Optional.empty();
    }

    @Override
    public float[][] decode(KvCache kv, List<DecodeRow> rows) {
      if (fatal) {
        throw new UnsatisfiedLinkError("the library is gone");
      }
      largestBatch = Math.max(largestBatch, rows.size());
      float[][] logits = new float[rows.size()][];
      for (int i = 0; i < logits.length; i++) {
        if (rows.get(i).token() == POISON - 1) {
          throw new IllegalStateException("poisoned row");
        }
        logits[i] = after(rows.get(i).token());
      }
      return logits;
    }

    private static float[] after(int token) {
      float[] logits = new float[VOCABULARY];
      logits[(token + 1) % VOCABULARY] = 1;
      return logits;
    }
  }

  /** Embeds a picture as its first value. */
  private static final class Vision implements dev.epd.runtime.model.VisionTower {
    private final List<Float> seen = new ArrayList<>();
    private int largestBatch;

    @Override
    public int hidden() {
      return 1;
    }

    @Override
    public DType dtype() {
      return DType.FLOAT32;
    }

    @Override
    public List<Tensor> encode(TensorScope scope, List<PatchedImage> images) {
      largestBatch = Math.max(largestBatch, images.size());
      List<Tensor> rows = new ArrayList<>();
      for (PatchedImage image : images) {
        float value = image.patches().get(java.lang.foreign.ValueLayout.JAVA_FLOAT, 0);
        seen.add(value);
        if (value < 0) {
          throw new IllegalStateException("bad picture");
        }
        rows.add(scope.floats(new float[] {value}, 1, 1));
      }
      return rows;
    }
  }
}

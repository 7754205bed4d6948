package dev.epd.runtime.engine;

import dev.epd.modelspec.ImageSpan;
import dev.epd.runtime.model.DecodeRow;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.PrefillChunk;
import dev.epd.runtime.tensor.TensorScope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sequences over one KV cache. A round is: drop what was cancelled or is too late, one chunk of the
 * next prompt (round robin, those that wait for a picture are passed over), then one decode step of
 * all running rows (continuous batching: Yu et al., Orca, OSDI 2022; chunked prefill: Agrawal et
 * al., Sarathi, arXiv 2308.16369).
 */
public final class LanguageLane implements EngineThread.Lane {
  private static final Logger LOG = LoggerFactory.getLogger(LanguageLane.class);

  private final LanguageModel model;
  private final KvCache cache;
  private final EngineSettings settings;
  private final EngineMeters meters;
  private final LongSupplier nanoTime;
  private final ConcurrentLinkedQueue<Sequence> admitted = new ConcurrentLinkedQueue<>();
  private final Deque<Sequence> prompts = new ArrayDeque<>();
  private final Deque<Sequence> running = new ArrayDeque<>();
  private volatile boolean abandoned;

  public LanguageLane(
      LanguageModel model,
      KvCache cache,
      EngineSettings settings,
      EngineMeters meters,
      LongSupplier nanoTime) {
    this.model = model;
    this.cache = cache;
    this.settings = settings;
    this.meters = meters;
    this.nanoTime = nanoTime;
  }

  /**
   * Takes a sequence; wake the engine afterwards. From any thread. Its slot bounds how many there
   * are.
   */
  public void submit(Sequence sequence) {
    admitted.add(sequence);
    if (abandoned) {
      failAdmitted(new OverloadedException("the engine has stopped"));
    }
  }

  @Override
  public boolean step() {
    admit();
    sweep(prompts);
    sweep(running);
    boolean prefilled = prefillNext();
    boolean decoded = decodeRows();
    return prefilled || decoded;
  }

  private void admit() {
    for (Sequence next = admitted.poll(); next != null; next = admitted.poll()) {
      if (next.prefilling()) {
        prompts.add(next);
      } else if (!ended(next)) {
        running.add(next);
      }
    }
  }

  private void sweep(Deque<Sequence> sequences) {
    long now = nanoTime.getAsLong();
    for (Sequence sequence : List.copyOf(sequences)) {
      RuntimeException why = sequence.stopped(now);
      if (why != null) {
        sequences.remove(sequence);
        fail(sequence, why);
      }
    }
  }

  private boolean prefillNext() {
    for (int i = prompts.size(); i > 0; i--) {
      Sequence sequence = prompts.remove();
      int end = chunkEnd(sequence);
      if (end == sequence.length()) {
        prompts.add(sequence);
        continue;
      }
      try {
        prefill(sequence, end);
      } catch (Throwable e) {
        fail(sequence, e);
        EngineThread.throwIfFatal(e);
      }
      return true;
    }
    return false;
  }

  private int chunkEnd(Sequence sequence) {
    int start = sequence.length();
    int chunk = settings.chunkTokens();
    int canonical = Math.min((start / chunk + 1) * chunk, sequence.promptTokens());
    int available = sequence.availableFrom(start);
    if (available >= canonical) {
      return canonical;
    }
    return settings.deterministic() ? start : available;
  }

  private void prefill(Sequence sequence, int end) {
    int start = sequence.length();
    boolean last = end == sequence.promptTokens();
    long begin = System.nanoTime();
    Optional<float[]> logits;
    try (TensorScope scope = new TensorScope()) {
      PrefillChunk chunk =
          new PrefillChunk(
              sequence.slot().index(),
              start,
              sequence.promptIds(start, end),
              imageRows(scope, sequence, start, end),
              sequence.promptPositions(start, end),
              last);
      logits = model.prefill(cache, chunk, layer -> sequence.listener().written(layer, start, end));
    }
    meters.prefilled(end - start, System.nanoTime() - begin);
    sequence.wrote(end - start);
    if (!last) {
      prompts.add(sequence);
      return;
    }
    draw(sequence, logits.orElseThrow(() -> new IllegalStateException("no logits after a prompt")));
    if (sequence.handOver()) {
      sequence.listener().token(sequence.lastToken(), 0, sequence.lastLogitsCrc32c());
      sequence.listener().handedOver();
    } else if (!tell(sequence)) {
      running.add(sequence);
    }
  }

  private static List<PrefillChunk.ImageRows> imageRows(
      TensorScope scope, Sequence sequence, int start, int end) {
    List<PrefillChunk.ImageRows> rows = new ArrayList<>();
    for (int i = 0; i < sequence.images().size(); i++) {
      ImageSpan span = sequence.images().get(i);
      int from = Math.max(start, span.offset());
      int to = Math.min(end, span.end());
      if (from < to) {
        Embeddings embeddings = sequence.embeddings(i).orElseThrow();
        rows.add(
            new PrefillChunk.ImageRows(
                from - start,
                scope.wrap(
                    embeddings.rows(from - span.offset(), to - span.offset()),
                    embeddings.dtype(),
                    to - from,
                    embeddings.hidden())));
      }
    }
    return rows;
  }

  private boolean decodeRows() {
    if (running.isEmpty()) {
      return false;
    }
    // Those that did not fit this time stand in front the next time.
    List<Sequence> batch = new ArrayList<>();
    while (!running.isEmpty() && batch.size() < settings.maxBatchRows()) {
      batch.add(running.remove());
    }
    if (settings.deterministic()) {
      decodeOneByOne(batch);
      return true;
    }
    try {
      decode(batch);
    } catch (Throwable e) {
      if (batch.size() == 1 || EngineThread.isFatal(e)) {
        batch.forEach(s -> fail(s, e));
        EngineThread.throwIfFatal(e);
      } else {
        // A step writes each row at its own length: taking it again is safe, and tells whose fault
        // it was.
        decodeOneByOne(batch);
      }
    }
    return true;
  }

  private void decodeOneByOne(List<Sequence> batch) {
    Throwable fatal = null;
    for (Sequence sequence : batch) {
      try {
        if (fatal != null) {
          fail(sequence, fatal);
        } else {
          decode(List.of(sequence));
        }
      } catch (Throwable e) {
        fail(sequence, e);
        fatal = EngineThread.isFatal(e) ? e : null;
      }
    }
    if (fatal != null) {
      EngineThread.throwIfFatal(fatal);
    }
  }

  private void decode(List<Sequence> batch) {
    long begin = System.nanoTime();
    List<DecodeRow> rows = new ArrayList<>();
    for (Sequence s : batch) {
      rows.add(
          new DecodeRow(s.slot().index(), s.length(), s.lastToken(), s.length() + s.ropeDelta()));
    }
    float[][] logits = model.decode(cache, rows);
    meters.decoded(rows.size(), System.nanoTime() - begin);
    for (int i = 0; i < batch.size(); i++) {
      Sequence sequence = batch.get(i);
      try {
        draw(sequence, logits[i]);
      } catch (RuntimeException e) {
        fail(sequence, e);
        continue;
      }
      sequence.wrote(1);
      if (!tell(sequence)) {
        running.add(sequence);
      }
    }
  }

  private void draw(Sequence sequence, float[] logits) {
    int token = Sampler.draw(logits, sequence.sampling(), sequence.generated());
    sequence.drew(token, settings.deterministic() ? crc32c(logits) : 0);
    meters.drawn();
  }

  private static int crc32c(float[] logits) {
    ByteBuffer bytes =
        ByteBuffer.allocate(logits.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(logits);
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Tells the newest token unless it is a stop token; true if generation is over. */
  private static boolean tell(Sequence sequence) {
    if (!sequence.sampling().stopTokens().contains(sequence.lastToken())) {
      sequence
          .listener()
          .token(sequence.lastToken(), sequence.generated() - 1, sequence.lastLogitsCrc32c());
    }
    return ended(sequence);
  }

  private static boolean ended(Sequence sequence) {
    boolean stop = sequence.sampling().stopTokens().contains(sequence.lastToken());
    boolean full =
        sequence.generated() >= sequence.sampling().maxTokens()
            || sequence.length() >= sequence.slotTokens();
    if (stop || full) {
      sequence
          .listener()
          .finished(stop ? Sequence.Finish.STOP : Sequence.Finish.LENGTH, sequence.generated());
      return true;
    }
    return false;
  }

  private static void fail(Sequence sequence, Throwable cause) {
    try {
      sequence.listener().failed(cause);
    } catch (RuntimeException e) {
      LOG.warn("a listener failed while it was told of a failure", e);
    }
  }

  private void failAdmitted(Throwable cause) {
    for (Sequence next = admitted.poll(); next != null; next = admitted.poll()) {
      fail(next, cause);
    }
  }

  @Override
  public void abandon(Throwable cause) {
    abandoned = true;
    prompts.forEach(s -> fail(s, cause));
    running.forEach(s -> fail(s, cause));
    prompts.clear();
    running.clear();
    failAdmitted(cause);
  }
}

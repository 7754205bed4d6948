package dev.epd.runtime.model.qwen25vl;

import dev.epd.runtime.model.DecodeRow;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.PrefillChunk;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/** The plainest way to use a language model: prefill in chunks, then greedy decoding. */
final class Generation {
  private Generation() {}

  record Greedy(float[] firstLogits, List<Integer> tokens, List<Float> margins) {}

  /**
   * Runs a prompt into a slot in chunks of at most {@code chunkTokens} and gives the logits after
   * it.
   */
  static float[] prefill(
      LanguageModel model,
      KvCache cache,
      int slot,
      int[] ids,
      int[][] positions,
      List<Tensor> embeddings,
      IntPredicate isImage,
      int chunkTokens) {
    float[] logits = {};
    for (int start = 0; start < ids.length; start += chunkTokens) {
      int end = Math.min(ids.length, start + chunkTokens);
      int[][] part = new int[3][];
      for (int row = 0; row < 3; row++) {
        part[row] = Arrays.copyOfRange(positions[row], start, end);
      }
      try (Arena arena = Arena.ofConfined();
          TensorScope scope = new TensorScope()) {
        List<PrefillChunk.ImageRows> images =
            pieces(arena, scope, ids, start, end, embeddings, isImage);
        boolean last = end == ids.length;
        logits =
            model
                .prefill(
                    cache,
                    new PrefillChunk(
                        slot, start, Arrays.copyOfRange(ids, start, end), images, part, last))
                .orElse(logits);
      }
    }
    return logits;
  }

  private static List<PrefillChunk.ImageRows> pieces(
      Arena arena,
      TensorScope scope,
      int[] ids,
      int start,
      int end,
      List<Tensor> embeddings,
      IntPredicate isImage) {
    List<PrefillChunk.ImageRows> out = new ArrayList<>();
    int image = 0;
    int at = 0;
    while (at < ids.length) {
      if (!isImage.test(ids[at])) {
        at++;
        continue;
      }
      Tensor rows = embeddings.get(image++);
      int from = Math.max(start, at);
      int to = Math.min(end, at + rows.size(0));
      if (from < to) {
        long rowBytes = rows.byteSize() / rows.size(0);
        MemorySegment piece =
            rows.onHost(arena).asSlice((from - at) * rowBytes, (to - from) * rowBytes);
        out.add(
            new PrefillChunk.ImageRows(
                from - start, scope.wrap(piece, rows.dtype(), to - from, rows.size(1))));
      }
      at += rows.size(0);
    }
    return out;
  }

  static Greedy greedy(
      LanguageModel model,
      KvCache cache,
      int slot,
      int length,
      int delta,
      float[] first,
      int count) {
    return greedy(model, cache, slot, length, delta, first, count, id -> false);
  }

  static Greedy greedy(
      LanguageModel model,
      KvCache cache,
      int slot,
      int length,
      int delta,
      float[] first,
      int count,
      IntPredicate end) {
    List<Integer> tokens = new ArrayList<>();
    List<Float> margins = new ArrayList<>();
    float[] logits = first;
    for (int i = 0; i < count; i++) {
      int best = best(logits);
      tokens.add(best);
      margins.add(margin(logits, best));
      if (end.test(best) || i + 1 == count) {
        break;
      }
      int at = length + i;
      logits = model.decode(cache, List.of(new DecodeRow(slot, at, best, at + delta)))[0];
    }
    return new Greedy(first, tokens, margins);
  }

  static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private static float margin(float[] logits, int best) {
    float second = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      if (i != best) {
        second = Math.max(second, logits[i]);
      }
    }
    return logits[best] - second;
  }
}

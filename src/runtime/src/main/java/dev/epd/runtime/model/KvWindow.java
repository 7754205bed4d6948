package dev.epd.runtime.model;

import dev.epd.runtime.model.KvCache.Kind;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Some tokens of one slot as host memory, to be sent or received into. On the CPU that is the
 * cache's own memory and {@link #load} and {@link #store} do nothing; of a cache on a GPU it is a
 * copy, which {@link #close} frees. May go from thread to thread, used by one at a time.
 */
public final class KvWindow implements AutoCloseable {
  private final KvCache cache;
  private final int firstLayer;
  private final int slot;
  private final int fromToken;
  private final List<MemorySegment> parts = new ArrayList<>();
  private final TensorScope copies = new TensorScope();

  /** Tokens [fromToken, toToken) of layers [firstLayer, endLayer). */
  KvWindow(KvCache cache, int firstLayer, int endLayer, int slot, int fromToken, int toToken) {
    this.cache = cache;
    this.firstLayer = firstLayer;
    this.slot = slot;
    this.fromToken = fromToken;
    LanguageShape shape = cache.shape();
    for (int layer = firstLayer; layer < endLayer; layer++) {
      for (Kind kind : Kind.values()) {
        parts.add(
            cache.inHostMemory()
                ? cache.segment(layer, kind, slot, fromToken, toToken)
                : copies
                    .zeros(
                        shape.dtype(),
                        toToken - fromToken,
                        (long) shape.kvHeads() * shape.headDim())
                    .segment());
      }
    }
  }

  /** The memory of the window's tokens in one layer and kind. */
  public MemorySegment segment(int layer, Kind kind) {
    return parts.get((layer - firstLayer) * Kind.values().length + kind.ordinal());
  }

  /** Brings what stands in the cache here. */
  void load() {
    if (!cache.inHostMemory()) {
      for (int i = 0; i < parts.size(); i++) {
        tensor(i).read(offset(), parts.get(i));
      }
    }
  }

  /** Brings the first tokens of the window into the cache, for the steps that begin after this. */
  public void store(int tokens) {
    if (tokens > 0 && !cache.inHostMemory()) {
      long bytes = (long) tokens * cache.shape().tokenBytes();
      for (int i = 0; i < parts.size(); i++) {
        tensor(i).write(offset(), parts.get(i).asSlice(0, bytes));
      }
    }
  }

  private Tensor tensor(int part) {
    int kinds = Kind.values().length;
    int layer = firstLayer + part / kinds;
    return part % kinds == Kind.KEY.ordinal() ? cache.keys().get(layer) : cache.values().get(layer);
  }

  /** Where the window begins in a tensor of the cache. */
  private long offset() {
    return ((long) slot * cache.maxTokens() + fromToken) * cache.shape().tokenBytes();
  }

  /** Frees copies; nobody may use the segments any more. */
  @Override
  public void close() {
    copies.close();
  }
}

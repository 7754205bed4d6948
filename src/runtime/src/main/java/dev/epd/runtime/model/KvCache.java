package dev.epd.runtime.model;

import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Keys and values of many sequences: per layer one key and one value tensor [slots, maxTokens,
 * kvHeads * headDim], token-major, so that tokens [a, b) of one slot, layer and kind are one
 * contiguous piece of memory; in host memory it is sent or received into without a copy. Keys are
 * stored after rotation.
 *
 * <p>The memory is committed when the cache is made. {@link #segment} and windows may be used by
 * any thread; who reads or writes tokens that the engine thread works on at that moment races with
 * it.
 */
public final class KvCache implements AutoCloseable {
  /** Which half of the cache. */
  public enum Kind {
    KEY,
    VALUE
  }

  private final LanguageShape shape;
  private final Device device;
  private final int slots;
  private final int maxTokens;
  private final Arena arena = Arena.ofShared();
  private final TensorScope scope;
  private final List<MemorySegment> keyMemory = new ArrayList<>();
  private final List<MemorySegment> valueMemory = new ArrayList<>();
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();

  /** Allocates slots * maxTokens * {@link LanguageShape#kvBytesPerToken} bytes, zeroed. */
  public KvCache(LanguageShape shape, Device device, int slots, int maxTokens) {
    if (slots < 1 || maxTokens < 1) {
      throw new IllegalArgumentException(
          "a cache of " + slots + " slots of " + maxTokens + " tokens");
    }
    this.shape = shape;
    this.device = device;
    this.scope = new TensorScope(device);
    this.slots = slots;
    this.maxTokens = maxTokens;
    long bytes = (long) slots * maxTokens * shape.tokenBytes();
    long width = (long) shape.kvHeads() * shape.headDim();
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (Kind kind : Kind.values()) {
        if (inHostMemory()) {
          MemorySegment memory = arena.allocate(bytes, 64);
          (kind == Kind.KEY ? keyMemory : valueMemory).add(memory);
          tensors(kind).add(scope.wrap(memory, shape.dtype(), slots, maxTokens, width));
        } else {
          tensors(kind).add(scope.zeros(shape.dtype(), slots, maxTokens, width));
        }
      }
    }
  }

  private List<Tensor> tensors(Kind kind) {
    return kind == Kind.KEY ? keys : values;
  }

  /** Whether the cache lies where sockets can read and write. */
  boolean inHostMemory() {
    return device == Device.CPU;
  }

  public LanguageShape shape() {
    return shape;
  }

  public int slots() {
    return slots;
  }

  public int maxTokens() {
    return maxTokens;
  }

  /** Bytes of the whole cache. */
  public long byteSize() {
    return (long) slots * maxTokens * shape.kvBytesPerToken();
  }

  /**
   * The memory of tokens [fromToken, toToken) of one slot, layer and kind: (toToken - fromToken) *
   * {@link LanguageShape#tokenBytes} bytes, not copied.
   *
   * @throws IllegalStateException if the cache is not in host memory
   */
  public MemorySegment segment(int layer, Kind kind, int slot, int fromToken, int toToken) {
    check(slot, fromToken, toToken);
    if (!inHostMemory()) {
      throw new IllegalStateException("the cache is on " + device + "; use a window of it");
    }
    long token = shape.tokenBytes();
    long start = ((long) slot * maxTokens + fromToken) * token;
    List<MemorySegment> memory = kind == Kind.KEY ? keyMemory : valueMemory;
    return memory.get(layer).asSlice(start, (toToken - fromToken) * token);
  }

  /** What stands in tokens [fromToken, toToken) of one layer and slot now, to be sent. */
  public KvWindow outgoing(int layer, int slot, int fromToken, int toToken) {
    check(slot, fromToken, toToken);
    KvWindow window = new KvWindow(this, layer, layer + 1, slot, fromToken, toToken);
    try {
      window.load();
      return window;
    } catch (RuntimeException e) {
      window.close();
      throw e;
    }
  }

  /** Room for the first tokens of a slot in all layers, to be received into and then stored. */
  public KvWindow incoming(int slot, int tokens) {
    check(slot, 0, tokens);
    return new KvWindow(this, 0, shape.layers(), slot, 0, tokens);
  }

  private void check(int slot, int fromToken, int toToken) {
    if (slot < 0 || slot >= slots || fromToken < 0 || toToken < fromToken || toToken > maxTokens) {
      throw new IndexOutOfBoundsException(
          "slot %d tokens [%d, %d) of a cache of %d slots of %d tokens"
              .formatted(slot, fromToken, toToken, slots, maxTokens));
    }
  }

  /** Key tensors by layer, for model code. */
  public List<Tensor> keys() {
    return Collections.unmodifiableList(keys);
  }

  /** Value tensors by layer, for model code. */
  public List<Tensor> values() {
    return Collections.unmodifiableList(values);
  }

  /** Frees the memory. No step may run and no segment may be in use. */
  @Override
  public void close() {
    scope.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}

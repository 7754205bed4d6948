package dev.epd.runtime.engine;

import dev.epd.modelspec.ImageGrid;
import dev.epd.runtime.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The embeddings of one picture, off-heap and independent of any tensor: [tokens, hidden],
 * row-major. Whoever made it closes it, when nobody reads the memory any more.
 */
public final class Embeddings implements AutoCloseable {
  private final ImageGrid grid;
  private final int hidden;
  private final DType dtype;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;

  /** Room for a picture with this grid of patches, zeroed. */
  public Embeddings(ImageGrid grid, int hidden, DType dtype) {
    this.grid = grid;
    this.hidden = hidden;
    this.dtype = dtype;
    this.memory = arena.allocate((long) grid.tokens() * hidden * dtype.bytes(), 64);
  }

  public ImageGrid grid() {
    return grid;
  }

  public int tokens() {
    return grid.tokens();
  }

  public int hidden() {
    return hidden;
  }

  public DType dtype() {
    return dtype;
  }

  public long byteSize() {
    return memory.byteSize();
  }

  public MemorySegment memory() {
    return memory;
  }

  /** The memory of rows [from, to). */
  public MemorySegment rows(int from, int to) {
    long row = (long) hidden * dtype.bytes();
    return memory.asSlice(from * row, (to - from) * row);
  }

  /** Whether the memory is gone. */
  public boolean isClosed() {
    return !arena.scope().isAlive();
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}

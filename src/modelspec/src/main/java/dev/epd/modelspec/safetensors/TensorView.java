package dev.epd.modelspec.safetensors;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A named tensor in a mapped file: row-major, little-endian.
 *
 * @param bytes read-only, exactly the tensor's; alive as long as the file it comes from is open
 */
public record TensorView(String name, DType dtype, List<Long> shape, MemorySegment bytes) {
  public TensorView {
    shape = List.copyOf(shape);
  }

  /** Number of elements; 1 for a scalar (empty shape). */
  public long elements() {
    return bytes.byteSize() / dtype.bytes();
  }
}

package dev.epd.transfer;

import java.util.List;

/**
 * One tensor of a push: row-major, rows first.
 *
 * @param part its number within the reservation
 * @param dtype element type
 * @param dims 1 to 8 dimensions; the first counts rows (tokens) and may be 0
 */
public record PartShape(int part, DType dtype, List<Long> dims) {
  static final int MAX_RANK = 8;

  /**
   * @throws IllegalArgumentException for a negative part, a bad rank or dimension, or a size beyond
   *     2^63 bytes
   */
  public PartShape {
    dims = List.copyOf(dims);
    if (part < 0) {
      throw new IllegalArgumentException("a part's number must not be negative");
    }
    if (dims.isEmpty() || dims.size() > MAX_RANK) {
      throw new IllegalArgumentException("a shape has 1 to " + MAX_RANK + " dimensions");
    }
    sizeOf(dtype, dims);
  }

  public static PartShape of(int part, DType dtype, long... dims) {
    return new PartShape(part, dtype, java.util.Arrays.stream(dims).boxed().toList());
  }

  public long rows() {
    return dims.getFirst();
  }

  /** Bytes of the whole tensor. */
  public long bytes() {
    return sizeOf(dtype, dims);
  }

  /** Whether a tensor of that shape may be put where this one was reserved: same type and row. */
  boolean holds(PartShape pushed) {
    return dtype == pushed.dtype
        && dims.size() == pushed.dims.size()
        && dims.subList(1, dims.size()).equals(pushed.dims.subList(1, dims.size()))
        && pushed.rows() <= rows();
  }

  private static long sizeOf(DType dtype, List<Long> dims) {
    long size = dtype.bytes();
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("a dimension must not be negative");
      }
      try {
        size = Math.multiplyExact(size, dim);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("a tensor of " + dims + " is too large", e);
      }
    }
    return size;
  }
}

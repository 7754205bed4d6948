package dev.epd.modelspec;

import java.util.Arrays;

/** A growing array of token ids. */
final class IdBuffer {
  private int[] values = new int[64];
  private int size;

  void add(int value) {
    reserve(1);
    values[size++] = value;
  }

  void add(int[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, values, size, more.length);
    size += more.length;
  }

  /** Adds the value that many times. */
  void addRun(int value, int count) {
    reserve(count);
    Arrays.fill(values, size, size + count, value);
    size += count;
  }

  int size() {
    return size;
  }

  int[] toArray() {
    return Arrays.copyOf(values, size);
  }

  private void reserve(int more) {
    int needed = Math.addExact(size, more);
    if (needed > values.length) {
      values = Arrays.copyOf(values, Math.max(needed, values.length * 2));
    }
  }
}

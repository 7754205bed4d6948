package dev.epd.transfer;

import java.util.Map;
import java.util.TreeMap;

/** Byte ranges that must tile a part exactly once. Not thread safe. */
final class Ranges {
  /** A sender goes forward, with few gaps; more than this is an attempt to fill our memory. */
  private static final int MAX_GAPS = 4096;

  private final TreeMap<Long, Long> endByStart = new TreeMap<>();

  /** Whether no byte of the range is there yet. */
  boolean isFree(long start, long end) {
    Map.Entry<Long, Long> before = endByStart.lowerEntry(end);
    return before == null || before.getValue() <= start;
  }

  boolean isFull() {
    return endByStart.size() > MAX_GAPS;
  }

  /** Adds a free range. */
  void add(long start, long end) {
    long from = start;
    long to = end;
    Map.Entry<Long, Long> left = endByStart.floorEntry(start);
    if (left != null && left.getValue() == start) {
      from = left.getKey();
    }
    Long right = endByStart.remove(end);
    if (right != null) {
      to = right;
    }
    endByStart.put(from, to);
  }

  boolean covers(long size) {
    Map.Entry<Long, Long> first = endByStart.firstEntry();
    return size == 0 || (first != null && first.getKey() == 0 && first.getValue() >= size);
  }

  void clear() {
    endByStart.clear();
  }
}

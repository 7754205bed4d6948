package dev.epd.simulator;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Pods by the time at which they can take the next image; a binary heap. */
final class PodHeap {
  private @Nullable Pod[] heap = new @Nullable Pod[16];
  private int size;

  @Nullable Pod first() {
    return size == 0 ? null : heap[0];
  }

  void add(Pod pod) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
    }
    heap[size] = pod;
    up(size++);
  }

  /** Puts the first pod in its place after its time has grown. */
  void firstGrew() {
    down(0);
  }

  void remove(Pod pod) {
    for (int i = 0; i < size; i++) {
      if (heap[i] == pod) {
        heap[i] = heap[--size];
        heap[size] = null;
        if (i < size) {
          down(i);
          up(i);
        }
        return;
      }
    }
  }

  private double key(int i) {
    Pod pod = heap[i];
    return pod == null ? Double.POSITIVE_INFINITY : pod.freeAt;
  }

  private void up(int from) {
    int i = from;
    while (i > 0 && key(i) < key((i - 1) / 2)) {
      swap(i, (i - 1) / 2);
      i = (i - 1) / 2;
    }
  }

  private void down(int from) {
    int i = from;
    while (true) {
      int child = 2 * i + 1;
      if (child >= size) {
        return;
      }
      if (child + 1 < size && key(child + 1) < key(child)) {
        child++;
      }
      if (key(i) <= key(child)) {
        return;
      }
      swap(i, child);
      i = child;
    }
  }

  private void swap(int a, int b) {
    Pod pod = heap[a];
    heap[a] = heap[b];
    heap[b] = pod;
  }
}

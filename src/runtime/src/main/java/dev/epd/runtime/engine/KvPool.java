package dev.epd.runtime.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Who holds which slot of the KV cache. Every taking of a slot has a new epoch, so what is late for
 * an earlier one can be told apart. A slot goes back to the free ones when it is freed (or its
 * lease has run out) and no transfer holds it open any more, never before. Thread-safe.
 */
public final class KvPool {
  private final int maxTokens;
  private final LongSupplier nanoTime;
  private final Deque<Integer> free = new ArrayDeque<>();
  private final List<Slot> taken = new ArrayList<>();
  private final int slots;
  private long nextEpoch;

  /**
   * @param maxTokens of one slot
   * @param firstEpoch differs between starts of the process, so that a slot of an earlier start is
   *     not taken for one of this
   * @param nanoTime monotonic nanoseconds
   */
  public KvPool(int slots, int maxTokens, long firstEpoch, LongSupplier nanoTime) {
    if (slots < 1 || maxTokens < 1) {
      throw new IllegalArgumentException(slots + " slots of " + maxTokens + " tokens");
    }
    this.slots = slots;
    this.maxTokens = maxTokens;
    this.nanoTime = nanoTime;
    this.nextEpoch = firstEpoch;
    for (int i = 0; i < slots; i++) {
      free.add(i);
    }
  }

  /** One taking of a slot. */
  public final class Slot {
    private final int index;
    private final long epoch;
    private final long leaseEnd;
    private boolean leased;
    private boolean freed;
    private int holds;

    private Slot(int index, long epoch, boolean leased, long leaseEnd) {
      this.index = index;
      this.epoch = epoch;
      this.leased = leased;
      this.leaseEnd = leaseEnd;
    }

    /** Position in the cache. */
    public int index() {
      return index;
    }

    public long epoch() {
      return epoch;
    }

    /**
     * Makes the slot the caller's until {@link #free}: its lease ends. False if it ran out or the
     * slot was freed.
     */
    public boolean keep() {
      synchronized (KvPool.this) {
        expire();
        if (freed) {
          return false;
        }
        leased = false;
        return true;
      }
    }

    /**
     * Keeps the memory from reuse while something reads or writes it; false if the slot is freed
     * already.
     */
    public boolean open() {
      synchronized (KvPool.this) {
        if (freed) {
          return false;
        }
        holds++;
        return true;
      }
    }

    /** Ends what {@link #open} began. */
    public void release() {
      synchronized (KvPool.this) {
        if (holds == 0) {
          throw new IllegalStateException("slot " + index + " is not held open");
        }
        holds--;
        recycle(this);
      }
    }

    /** Gives the slot up; doing so twice does nothing. */
    public void free() {
      synchronized (KvPool.this) {
        freed = true;
        recycle(this);
      }
    }

    /** Whether it was neither freed nor ran out of its lease. */
    public boolean valid() {
      synchronized (KvPool.this) {
        expire();
        return !freed;
      }
    }
  }

  /** Takes a slot until it is freed. */
  public Optional<Slot> take() {
    return take(false, Duration.ZERO);
  }

  /** Takes a slot that frees itself unless {@link Slot#keep kept} in time. */
  public Optional<Slot> lease(Duration lease) {
    return take(true, lease);
  }

  private synchronized Optional<Slot> take(boolean leased, Duration lease) {
    expire();
    Integer index = free.poll();
    if (index == null) {
      return Optional.empty();
    }
    Slot slot = new Slot(index, nextEpoch++, leased, nanoTime.getAsLong() + lease.toNanos());
    taken.add(slot);
    return Optional.of(slot);
  }

  /**
   * Frees what ran out of its lease; called before every take, and now and then so that gauges are
   * true.
   */
  public synchronized void expire() {
    long now = nanoTime.getAsLong();
    for (Slot slot : List.copyOf(taken)) {
      if (slot.leased && !slot.freed && now - slot.leaseEnd >= 0) {
        slot.freed = true;
        recycle(slot);
      }
    }
  }

  private void recycle(Slot slot) {
    if (slot.freed && slot.holds == 0 && taken.remove(slot)) {
      free.add(slot.index);
    }
  }

  public int slots() {
    return slots;
  }

  /** Tokens of one slot. */
  public int maxTokens() {
    return maxTokens;
  }

  /** Slots that could be taken now. */
  public synchronized int available() {
    expire();
    return free.size();
  }
}

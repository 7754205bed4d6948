package dev.epd.autoscaler;

import java.util.Arrays;

/**
 * When each number of replicas was last needed: a falling staircase of the highest demands since.
 * Immutable.
 *
 * <p>Level k may be given back once nothing has needed it for as long as keeping it costs as much
 * as starting it again; that rule pays at most twice what one who knows the future pays (ski
 * rental).
 */
public final class Peaks {
  /** No demand seen. */
  public static final Peaks NONE = new Peaks(new int[0], new long[0]);

  private static final int MOST = 128;

  /** Falling. */
  private final int[] levels;

  /** Rising, in milliseconds of the epoch. */
  private final long[] at;

  private Peaks(int[] levels, long[] at) {
    this.levels = levels;
    this.at = at;
  }

  /** Takes one more demand; what is older than {@code oldest} is forgotten. */
  public Peaks with(int level, long now, long oldest) {
    int from = 0;
    while (from < levels.length && at[from] < oldest) {
      from++;
    }
    int to = levels.length;
    while (to > from && levels[to - 1] <= level) {
      to--;
    }
    if (to - from >= MOST) {
      to = from + MOST - 1;
    }
    int[] nextLevels = Arrays.copyOfRange(levels, from, to + 1);
    long[] nextAt = Arrays.copyOfRange(at, from, to + 1);
    nextLevels[to - from] = level;
    nextAt[to - from] = now;
    return new Peaks(nextLevels, nextAt);
  }

  /** The highest demand that is remembered; 0 if there is none. */
  public int highest() {
    return levels.length == 0 ? 0 : levels[0];
  }

  /**
   * When a level was last needed, in milliseconds of the epoch; {@link Long#MIN_VALUE} if unknown.
   */
  public long lastAt(int level) {
    for (int i = levels.length - 1; i >= 0; i--) {
      if (levels[i] >= level) {
        return at[i];
      }
    }
    return Long.MIN_VALUE;
  }

  boolean isEmpty() {
    return levels.length == 0;
  }

  /** The highest demand at or after a time; 0 if there is none. */
  public int since(long time) {
    for (int i = 0; i < levels.length; i++) {
      if (at[i] >= time) {
        return levels[i];
      }
    }
    return 0;
  }
}

package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a patch of each class of size costs, as a factor on the mean of the mix: least squares over
 * what every encoder did between two looks, {@code busy = Σ cost · work}, held to the mean by as
 * much as two looks of one busy second would; what is long ago fades. A size that has not been seen
 * costs what the nearest one does that has; one that has been seen keeps its cost while it stays
 * away.
 *
 * <p>Sums are enough for it, so images of different sizes may be encoded in one batch.
 */
public final class SizeFit {
  private static final int PRODUCTS = Mix.SIZES * (Mix.SIZES + 1) / 2;
  private static final int WORK_BUSY = PRODUCTS;
  private static final int WORK = PRODUCTS + Mix.SIZES;

  /** Nothing seen: every patch costs the same. */
  static final SizeFit NONE = new SizeFit(new double[PRODUCTS + 2 * Mix.SIZES], 0, ones(), 0);

  /** Busy seconds within which it fades. */
  private static final double SPAN = 1000;

  /** Squares of busy seconds that hold each cost to the mean. */
  private static final double HOLDS = 2;

  /** Busy seconds of a class of size from which it counts as seen. */
  private static final double SEEN = 1;

  /** No patch costs more, nor less than its inverse. */
  private static final double MOST = 4;

  private static final double NOTABLE = 0.05;

  /** The inputs of a decision are 32 at most, by the definition of a pool. */
  private static final int MOST_NOTABLE = 2;

  /** Seconds within which what is believed follows what the fit says. */
  private static final double FOLLOWS = 60;

  /**
   * Products of classes, as {@link Cholesky#at} has them; then work times busy seconds, and work.
   */
  private final double[] sums;

  private final double busy;
  private final double[] factors;

  /** A bit for each class of size that has been seen; what one costs is not forgotten. */
  private final int known;

  private SizeFit(double[] sums, double busy, double[] factors, int known) {
    this.sums = sums;
    this.busy = busy;
    this.factors = factors;
    this.known = known;
  }

  private static double[] ones() {
    double[] ones = new double[Mix.SIZES];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** What images cost, in patches of the mean mix. */
  double work(Mix mix, double overheadPatches) {
    double sum = mix.unsizedWork(overheadPatches);
    for (int i = 0; i < Mix.SIZES; i++) {
      sum += factors[i] * mix.work(i, overheadPatches);
    }
    return sum;
  }

  /**
   * The factors that are farthest from one, two at most, of sizes that were seen and are more than
   * a twentieth apart from it; by size.
   */
  Map<String, Double> notable() {
    if (known == 0) {
      return Map.of();
    }
    Map<String, Double> notable = new LinkedHashMap<>();
    IntStream.range(0, Mix.SIZES)
        .boxed()
        .filter(size -> (known & 1 << size) != 0 && apart(size) > NOTABLE)
        .sorted(Comparator.comparingDouble(this::apart).reversed())
        .limit(MOST_NOTABLE)
        .sorted()
        .forEach(size -> notable.put(Mix.label(size), factors[size]));
    return notable;
  }

  private double apart(int size) {
    return Math.abs(factors[size] - 1);
  }

  /**
   * Takes one more look.
   *
   * @param looks what each encoder has done since the last one
   * @param overheadPatches what an image costs by itself
   * @param elapsed seconds since the last look
   */
  SizeFit with(List<EncoderTotals> looks, double overheadPatches, double elapsed) {
    double seconds = 0;
    for (EncoderTotals done : looks) {
      seconds += tells(done) ? done.busySeconds() : 0;
    }
    if (seconds == 0) {
      return this;
    }
    double fade = Math.exp(-seconds / SPAN);
    double[] next = new double[sums.length];
    for (int i = 0; i < next.length; i++) {
      next[i] = fade * sums[i];
    }
    for (EncoderTotals done : looks) {
      if (tells(done)) {
        add(done.done(), done.busySeconds(), overheadPatches, next);
      }
    }
    double nextBusy = fade * busy + seconds;
    return new SizeFit(next, nextBusy, factors, known).followed(elapsed);
  }

  /** With factors that follow the sums; begun anew where those are of no number. */
  private SizeFit followed(double elapsed) {
    double all = 0;
    for (int i = 0; i < Mix.SIZES; i++) {
      all += sums[WORK + i];
    }
    double mean = busy / all;
    double[] costs = costs(sums, mean);
    double mix = 0;
    double level = 0;
    for (int i = 0; i < Mix.SIZES; i++) {
      mix += costs[i] * sums[WORK + i] / all;
      level += factors[i] * sums[WORK + i] / all;
    }
    if (!(mix > 0 && mix < Double.POSITIVE_INFINITY)) {
      return NONE;
    }
    int seen = seen(SEEN * SEEN / (mean * mean));
    double follows = 1 - Math.exp(-elapsed / FOLLOWS);
    double[] next = factors.clone();
    for (int i = 0; i < Mix.SIZES; i++) {
      int nearest = nearest(i, seen);
      boolean isAway = (known & ~seen & 1 << i) != 0;
      // One that is away costs as much beside the others as it did, when their mean is another.
      double says = isAway ? factors[i] / level : nearest < 0 ? 1 : costs[nearest] / mix;
      next[i] += follows * (Math.clamp(says, 1 / MOST, MOST) - next[i]);
    }
    return new SizeFit(sums, busy, next, known | seen);
  }

  private int seen(double enough) {
    int seen = 0;
    for (int i = 0; i < Mix.SIZES; i++) {
      seen |= sums[Cholesky.at(i, i)] >= enough ? 1 << i : 0;
    }
    return seen;
  }

  /** The nearest class of those that have been seen; -1 if none has. */
  private static int nearest(int size, int seen) {
    for (int far = 0; far < Mix.SIZES; far++) {
      if (size - far >= 0 && (seen >> size - far & 1) == 1) {
        return size - far;
      }
      if (size + far < Mix.SIZES && (seen >> size + far & 1) == 1) {
        return size + far;
      }
    }
    return -1;
  }

  private static boolean tells(EncoderTotals done) {
    return done.busySeconds() > 0 && done.done().isSized();
  }

  private static void add(Mix done, double seconds, double overhead, double[] to) {
    double[] added = new double[Mix.SIZES];
    for (int i = 0; i < Mix.SIZES; i++) {
      added[i] = done.work(i, overhead);
      if (added[i] == 0) {
        continue;
      }
      to[WORK_BUSY + i] += added[i] * seconds;
      to[WORK + i] += added[i];
      for (int j = 0; j <= i; j++) {
        to[Cholesky.at(i, j)] += added[i] * added[j];
      }
    }
  }

  private static double[] costs(double[] sums, double mean) {
    double holds = HOLDS / (mean * mean);
    double[] a = Arrays.copyOf(sums, PRODUCTS);
    double[] b = new double[Mix.SIZES];
    for (int i = 0; i < Mix.SIZES; i++) {
      a[Cholesky.at(i, i)] += holds;
      b[i] = sums[WORK_BUSY + i] + holds * mean;
    }
    Cholesky.solve(a, b);
    return b;
  }
}

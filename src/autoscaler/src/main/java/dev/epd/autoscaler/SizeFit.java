package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a patch of each class of size costs, as a factor on the mean of the mix: least squares over
 * what every encoder did between two looks, {@code busy = Σ cost · work}, held to the mean by as
 * much as two looks of one busy second would; what is long ago fades. A size that has not been seen
 * costs what the nearest one does that has.
 *
 * <p>Sums are enough for it, so images of different sizes may be encoded in one batch.
 */
public final class SizeFit {
  /** Nothing seen: every patch costs the same. */
  static final SizeFit NONE =
      new SizeFit(
          new double[Mix.SIZES][Mix.SIZES],
          new double[Mix.SIZES],
          new double[Mix.SIZES],
          0,
          ones());

  /** Busy seconds within which it fades. */
  private static final double SPAN = 1000;

  /** Squares of busy seconds that hold each cost to the mean. */
  private static final double HOLDS = 2;

  /** Busy seconds of a class of size from which it counts as seen. */
  private static final double SEEN = 1;

  /** No patch costs more, nor less than its inverse. */
  private static final double MOST = 4;

  private static final double NOTABLE = 0.05;

  /** Seconds within which what is believed follows what the fit says. */
  private static final double FOLLOWS = 60;

  private final double[][] squares;
  private final double[] workBusy;
  private final double[] work;
  private final double busy;
  private final double[] factors;

  private SizeFit(
      double[][] squares, double[] workBusy, double[] work, double busy, double[] factors) {
    this.squares = squares;
    this.workBusy = workBusy;
    this.work = work;
    this.busy = busy;
    this.factors = factors;
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

  /** Factors on the cost of a patch that differ from one by more than a twentieth, by size. */
  Map<String, Double> notable() {
    Map<String, Double> notable = new LinkedHashMap<>();
    for (int i = 0; i < Mix.SIZES; i++) {
      if (Math.abs(factors[i] - 1) > NOTABLE) {
        notable.put(Mix.label(i), factors[i]);
      }
    }
    return notable;
  }

  /**
   * Takes one more look.
   *
   * @param looks what each encoder has done since the last one
   * @param reported busy seconds for each one that is reported
   * @param overheadPatches what an image costs by itself
   * @param elapsed seconds since the last look
   */
  SizeFit with(List<EncoderTotals> looks, double reported, double overheadPatches, double elapsed) {
    double seconds = 0;
    for (EncoderTotals done : looks) {
      seconds += tells(done) ? done.busySeconds() * reported : 0;
    }
    if (seconds == 0) {
      return this;
    }
    Sums sums = new Sums(this, Math.exp(-seconds / SPAN));
    for (EncoderTotals done : looks) {
      if (tells(done)) {
        sums.add(done.done(), done.busySeconds() * reported, overheadPatches);
      }
    }
    double[] seen = sums.factors();
    double follows = 1 - Math.exp(-elapsed / FOLLOWS);
    for (int i = 0; i < Mix.SIZES; i++) {
      seen[i] = factors[i] + follows * (seen[i] - factors[i]);
    }
    return new SizeFit(sums.squares, sums.workBusy, sums.work, sums.busy, seen);
  }

  private static boolean tells(EncoderTotals done) {
    return done.busySeconds() > 0 && done.done().isSized();
  }

  /** The sums of the normal equations, being added to. */
  private static final class Sums {
    final double[][] squares = new double[Mix.SIZES][Mix.SIZES];
    final double[] workBusy = new double[Mix.SIZES];
    final double[] work = new double[Mix.SIZES];
    double busy;
    private final double[] added = new double[Mix.SIZES];

    Sums(SizeFit from, double fade) {
      for (int i = 0; i < Mix.SIZES; i++) {
        workBusy[i] = fade * from.workBusy[i];
        work[i] = fade * from.work[i];
        for (int j = 0; j <= i; j++) {
          squares[i][j] = fade * from.squares[i][j];
        }
      }
      busy = fade * from.busy;
    }

    void add(Mix done, double seconds, double overhead) {
      busy += seconds;
      for (int i = 0; i < Mix.SIZES; i++) {
        added[i] = done.work(i, overhead);
        work[i] += added[i];
        workBusy[i] += added[i] * seconds;
        for (int j = 0; j <= i; j++) {
          squares[i][j] += added[i] * added[j];
        }
      }
    }

    /** Costs over that of the mix. */
    double[] factors() {
      double all = Arrays.stream(work).sum();
      double mean = busy / all;
      double[] costs = costs(mean);
      double mix = 0;
      for (int i = 0; i < Mix.SIZES; i++) {
        mix += costs[i] * work[i] / all;
      }
      double seen = SEEN * SEEN / (mean * mean);
      double[] factors = new double[Mix.SIZES];
      for (int i = 0; i < Mix.SIZES; i++) {
        int nearest = nearest(i, seen);
        factors[i] = nearest < 0 ? 1 : Math.clamp(costs[nearest] / mix, 1 / MOST, MOST);
      }
      return factors;
    }

    private double[] costs(double mean) {
      double holds = HOLDS / (mean * mean);
      double[][] a = new double[Mix.SIZES][Mix.SIZES];
      double[] b = new double[Mix.SIZES];
      for (int i = 0; i < Mix.SIZES; i++) {
        System.arraycopy(squares[i], 0, a[i], 0, i + 1);
        a[i][i] += holds;
        b[i] = workBusy[i] + holds * mean;
      }
      return solve(a, b);
    }

    /** The nearest class of size that has been seen enough; -1 if none has. */
    private int nearest(int size, double seen) {
      int best = -1;
      for (int j = 0; j < Mix.SIZES; j++) {
        boolean closer = best < 0 || Math.abs(j - size) < Math.abs(best - size);
        best = squares[j][j] >= seen && closer ? j : best;
      }
      return best;
    }

    /** Cholesky's way, on the lower half; what holds each cost makes it positive definite. */
    private static double[] solve(double[][] a, double[] b) {
      int n = b.length;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
          double sum = a[i][j];
          for (int k = 0; k < j; k++) {
            sum -= a[i][k] * a[j][k];
          }
          a[i][j] = i == j ? Math.sqrt(sum) : sum / a[j][j];
        }
      }
      double[] x = b.clone();
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) {
          x[i] -= a[i][k] * x[k];
        }
        x[i] /= a[i][i];
      }
      for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) {
          x[i] -= a[k][i] * x[k];
        }
        x[i] /= a[i][i];
      }
      return x;
    }
  }
}

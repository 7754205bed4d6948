package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which encoders of a pool are slower than others, by what each has done since it started. Pods are
 * alike by their template and still unlike where nodes are: another model of GPU, fewer cores.
 *
 * <p>A pod that has had larger images than another is not slower for that: seconds per patch are
 * compared after what the sizes of images explain is taken off, by least squares over the pods that
 * are held to equal costs.
 */
public final class Slowness {
  /** Busy seconds before which a rate says nothing: the first images of a process are slow. */
  private static final double ENOUGH = 10;

  /** Rates within a step count as equal. */
  private static final double STEP = Math.log(1.15);

  /**
   * How much equal costs weigh against one pod. Two that share no size of image and differ by half
   * are explained by it to nine tenths; where their shares differ by a tenth, to one tenth.
   */
  private static final double HOLDS = 0.1;

  /** No mix explains a lower pace, in parts of the mean. */
  private static final double LEAST = 0.25;

  private Slowness() {}

  /**
   * How many steps of 15 % each encoder is behind the fastest.
   *
   * @param encoders running totals by name
   * @return one entry for each of them; 0 where nothing is known yet
   */
  public static Map<String, Integer> steps(Map<String, EncoderTotals> encoders) {
    Map<String, EncoderTotals> known = new TreeMap<>();
    Map<String, Integer> steps = new HashMap<>();
    for (var entry : encoders.entrySet()) {
      steps.put(entry.getKey(), 0);
      if (isKnown(entry.getValue())) {
        known.put(entry.getKey(), entry.getValue());
      }
    }
    double[] pace = paces(List.copyOf(known.values()));
    double best = Double.POSITIVE_INFINITY;
    for (double each : pace) {
      best = Math.min(best, each);
    }
    int i = 0;
    for (String name : known.keySet()) {
      steps.put(name, (int) (Math.log(pace[i++] / best) / STEP));
    }
    return steps;
  }

  private static boolean isKnown(EncoderTotals totals) {
    return totals.busySeconds() >= ENOUGH && totals.done().isSound() && totals.done().patches() > 0;
  }

  /** Seconds per patch, over what the pods' mixes would have them be. */
  private static double[] paces(List<EncoderTotals> pods) {
    double[] pace = new double[pods.size()];
    double mean = 0;
    for (int i = 0; i < pace.length; i++) {
      pace[i] = pods.get(i).busySeconds() / pods.get(i).done().patches();
      mean += pace[i] / pace.length;
    }
    double[] products = new double[Cholesky.at(Mix.SIZES, 0)];
    double[] extra = new double[Mix.SIZES];
    for (int c = 0; c < Mix.SIZES; c++) {
      products[Cholesky.at(c, c)] = HOLDS;
    }
    for (int i = 0; i < pace.length; i++) {
      for (int c = 0; c < Mix.SIZES; c++) {
        double share = share(pods.get(i).done(), c);
        extra[c] += share * (pace[i] / mean - 1);
        for (int d = 0; d <= c; d++) {
          products[Cholesky.at(c, d)] += share * share(pods.get(i).done(), d);
        }
      }
    }
    Cholesky.solve(products, extra);
    for (int i = 0; i < pace.length; i++) {
      double explained = 1;
      for (int c = 0; c < Mix.SIZES; c++) {
        explained += share(pods.get(i).done(), c) * extra[c];
      }
      pace[i] /= Math.max(explained, LEAST) * mean;
    }
    return pace;
  }

  private static double share(Mix done, int size) {
    return done.work(size, 0) / done.patches();
  }
}

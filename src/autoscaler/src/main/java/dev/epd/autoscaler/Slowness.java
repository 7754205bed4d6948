package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.HashMap;
import java.util.Map;

/**
 * Which encoders of a pool are slower than others, by what each has done since it started. Pods are
 * alike by their template and still unlike where nodes are: another model of GPU, a neighbour that
 * takes the memory's bandwidth, a clock that is throttled.
 */
public final class Slowness {
  /** Busy seconds before which a rate says nothing: the first images of a process are slow. */
  private static final double ENOUGH = 10;

  /** Rates within a step count as equal. */
  private static final double STEP = Math.log(1.15);

  private Slowness() {}

  /**
   * How many steps of 15 % each encoder is behind the fastest, in patches per busy second.
   *
   * @param encoders running totals by name
   * @return one entry for each of them; 0 where nothing is known yet
   */
  public static Map<String, Integer> steps(Map<String, EncoderTotals> encoders) {
    double fastest = 0;
    for (EncoderTotals totals : encoders.values()) {
      fastest = Math.max(fastest, rate(totals));
    }
    Map<String, Integer> steps = new HashMap<>();
    for (var entry : encoders.entrySet()) {
      double rate = rate(entry.getValue());
      steps.put(entry.getKey(), rate > 0 ? (int) (Math.log(fastest / rate) / STEP) : 0);
    }
    return steps;
  }

  private static double rate(EncoderTotals totals) {
    double patches = totals.done().patches();
    return totals.busySeconds() >= ENOUGH && patches > 0 ? patches / totals.busySeconds() : 0;
  }
}

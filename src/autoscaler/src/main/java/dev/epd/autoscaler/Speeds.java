package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * How fast each encoder is, as a factor on what a usual one of its pool does: with the overhead of
 * an image and the cost of its size the law of that replica's time, {@code busy = Σ cost of size ·
 * (images · overhead + patches) / (rate · speed)}.
 *
 * <p>What is compared is what encoders did between the same two looks, so that what makes all of
 * them slow makes none of them slower than others. Each begins as a usual one and is held to that
 * by {@value #HOLDS} busy seconds: a pool that has given back its slow ones goes on expecting usual
 * ones to come.
 */
public final class Speeds {
  /** Nothing seen: all are alike. */
  static final Speeds NONE = new Speeds(Map.of(), true);

  /** Busy seconds of an encoder within which it fades. */
  private static final double SPAN = 300;

  /** Busy seconds that speak for a usual one. */
  private static final double HOLDS = 5;

  /** How far, in parts, one may be from a usual one and still count as that. */
  private static final double ALIKE = 0.05;

  /** None is faster, nor slower than its inverse. */
  private static final double MOST = 8;

  /** Keeps a rate of exactly n replicas from asking for n+1 by a rounding error. */
  private static final double ROUNDING = 1e-9;

  /** By name; only encoders that have been busy. */
  private final Map<String, Speed> speeds;

  private final boolean alike;

  private Speeds(Map<String, Speed> speeds, boolean alike) {
    this.speeds = speeds;
    this.alike = alike;
  }

  /**
   * @param busy seconds
   * @param usual seconds that a usual one would have taken for the same
   * @param factor on the rate of a usual one
   */
  private record Speed(double busy, double usual, double factor) {
    static final Speed NOTHING = new Speed(0, 0, 1);

    Speed with(double moreBusy, double moreUsual) {
      double fade = Math.exp(-moreBusy / SPAN);
      double nextBusy = fade * busy + moreBusy;
      double nextUsual = fade * usual + moreUsual;
      double ratio = Math.clamp((nextUsual + HOLDS) / (nextBusy + HOLDS), 1 / MOST, MOST);
      return new Speed(nextBusy, nextUsual, orAlike(ratio));
    }

    /** Steady, so that what wavers about the bound does not jump. */
    private static double orAlike(double ratio) {
      double apart = Math.max(ratio, 1 / ratio) - 1;
      double counts = Math.min(apart, Math.max(0, 2 * (apart - ALIKE)));
      return ratio > 1 ? 1 + counts : 1 / (1 + counts);
    }
  }

  /**
   * Takes one more look.
   *
   * @param done what encoders have done since the last one, by name
   * @param fit what images cost
   * @param overheadPatches what an image costs by itself
   */
  Speeds with(Map<String, EncoderTotals> done, CostFit fit, double overheadPatches) {
    double work = 0;
    double busy = 0;
    for (var entry : done.entrySet()) {
      EncoderTotals each = entry.getValue();
      if (each.tells()) {
        work += fit.work(each.done(), overheadPatches);
        busy += each.busySeconds() * of(entry.getKey());
      }
    }
    if (!(busy > 0 && work > 0 && work < Double.POSITIVE_INFINITY)) {
      return this;
    }
    Map<String, Speed> next = new HashMap<>(speeds);
    for (var entry : done.entrySet()) {
      EncoderTotals each = entry.getValue();
      if (each.tells()) {
        double usual = fit.work(each.done(), overheadPatches) * busy / work;
        next.merge(
            entry.getKey(),
            Speed.NOTHING.with(each.busySeconds(), usual),
            (before, first) -> before.with(each.busySeconds(), usual));
      }
    }
    return of(next);
  }

  /** Without those that are no longer there. */
  Speeds in(PoolState pool) {
    Map<String, Speed> there = HashMap.newHashMap(speeds.size());
    for (Replica replica : pool.replicas()) {
      Speed speed = speeds.get(replica.name());
      if (speed != null) {
        there.put(replica.name(), speed);
      }
    }
    return there.size() == speeds.size() ? this : of(there);
  }

  private static Speeds of(Map<String, Speed> speeds) {
    return new Speeds(speeds, speeds.values().stream().allMatch(speed -> speed.factor() == 1));
  }

  /** The factor of one; 1 for one that has not been busy. */
  double of(String name) {
    Speed speed = alike ? null : speeds.get(name);
    return speed == null ? 1 : speed.factor();
  }

  /** As how many usual replicas the ready ones count. */
  double ready(PoolState pool) {
    return alike ? pool.count(Phase.READY) : Arrays.stream(factors(pool)).sum();
  }

  /**
   * The fewest replicas that do what so many usual ones would: of those that are ready the fastest,
   * since slow ones are removed first, and beyond them usual ones.
   */
  double replicas(double usual, PoolState pool) {
    if (alike) {
      return Math.ceil(usual - ROUNDING);
    }
    double[] factors = factors(pool);
    double left = usual - ROUNDING;
    int replicas = 0;
    for (int i = factors.length - 1; i >= 0 && left > 0; i--, replicas++) {
      left -= factors[i];
    }
    return replicas + Math.ceil(Math.max(0, left));
  }

  /** Of ready replicas, rising. */
  private double[] factors(PoolState pool) {
    double[] factors =
        pool.replicas().stream()
            .filter(replica -> replica.phase() == Phase.READY)
            .mapToDouble(replica -> of(replica.name()))
            .toArray();
    Arrays.sort(factors);
    return factors;
  }
}

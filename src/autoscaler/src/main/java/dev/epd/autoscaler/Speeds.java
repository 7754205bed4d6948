package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How fast each encoder is, as a factor on what a usual one of its pool does: with the overhead of
 * an image and the cost of its size the law of that replica's time, {@code busy = Σ cost of size ·
 * (images · overhead + patches) / (rate · speed)}.
 *
 * <p>What is compared is what encoders did between the same two looks, so that what makes all of
 * them slow makes none of them slower than others. Only the products of rate and factor are seen;
 * what a usual one is follows from that each begins as one and is held to it by {@value #HOLDS}
 * busy seconds. So it is what has come of late, and becomes what is there within some hours.
 */
public final class Speeds {
  /** Nothing seen: all are alike. */
  static final Speeds NONE = new Speeds(Map.of(), new double[0], 1, true);

  /** Busy seconds of an encoder within which it fades. */
  private static final double SPAN = 300;

  /** Busy seconds that speak for a usual one. */
  private static final double HOLDS = 10;

  /** How far, in parts, one may be from a usual one and still count as that. */
  private static final double ALIKE = 0.05;

  /** None is faster, nor slower than its inverse. */
  private static final double MOST = 4;

  private static final int BUSY = 0;
  private static final int USUAL = 1;
  private static final int FACTOR = 2;
  private static final int FIGURES = 3;

  /** Where an encoder's figures begin; shared by all that know the same encoders. */
  private final Map<String, Integer> places;

  /**
   * Of each encoder its busy seconds, the seconds that a usual one would have taken for the same,
   * and its factor. One array, since a decision reads thousands of them.
   */
  private final double[] figures;

  /** Of the ready ones. */
  private final double mean;

  private final boolean alike;

  private Speeds(Map<String, Integer> places, double[] figures, double mean, boolean alike) {
    this.places = places;
    this.figures = figures;
    this.mean = mean;
    this.alike = alike;
  }

  /**
   * Takes one more look.
   *
   * @param done what encoders have done since the last one, by name
   * @param fit what images cost
   * @param overheadPatches what an image costs by itself
   */
  Speeds with(Map<String, EncoderTotals> done, CostFit fit, double overheadPatches) {
    double[] works = new double[done.size()];
    int i = 0;
    double work = 0;
    double busy = 0;
    for (var entry : done.entrySet()) {
      EncoderTotals each = entry.getValue();
      if (each.tells()) {
        works[i] = fit.work(each.done(), overheadPatches);
        work += works[i++];
        busy += each.busySeconds() * of(entry.getKey());
      }
    }
    if (!(busy > 0 && work > 0 && work < Double.POSITIVE_INFINITY)) {
      return this;
    }
    double[] next = figures.clone();
    i = 0;
    for (var entry : done.entrySet()) {
      EncoderTotals each = entry.getValue();
      if (each.tells()) {
        Integer place = places.get(entry.getKey());
        if (place == null) {
          return and(done.keySet()).with(done, fit, overheadPatches);
        }
        add(each.busySeconds(), works[i++] * busy / work, next, place);
      }
    }
    return new Speeds(places, next, mean, areAlike(next));
  }

  private static void add(double busy, double usual, double[] figures, int at) {
    double fade = SPAN / (SPAN + busy);
    double allBusy = fade * figures[at + BUSY] + busy;
    double allUsual = fade * figures[at + USUAL] + usual;
    figures[at + BUSY] = allBusy;
    figures[at + USUAL] = allUsual;
    figures[at + FACTOR] =
        orAlike(Math.clamp((allUsual + HOLDS) / (allBusy + HOLDS), 1 / MOST, MOST));
  }

  /** Steady, so that what wavers about the bound does not jump. */
  private static double orAlike(double ratio) {
    double apart = Math.max(ratio, 1 / ratio) - 1;
    double counts = Math.min(apart, Math.max(0, 2 * (apart - ALIKE)));
    return ratio > 1 ? 1 + counts : 1 / (1 + counts);
  }

  private static boolean areAlike(double[] figures) {
    for (int at = 0; at < figures.length; at += FIGURES) {
      if (figures[at + FACTOR] != 1) {
        return false;
      }
    }
    return true;
  }

  /** What encoders have done, in the time that a usual one takes for it. */
  List<EncoderTotals> usual(Map<String, EncoderTotals> done, double reported) {
    List<EncoderTotals> usual = new ArrayList<>(done.size());
    for (var entry : done.entrySet()) {
      usual.add(entry.getValue().at(reported * of(entry.getKey())));
    }
    return usual;
  }

  /** In a pool as it is: without those that are gone, once there are more of them than pods. */
  Speeds in(PoolState pool) {
    int there = 0;
    int ready = 0;
    double sum = 0;
    for (Replica replica : pool.replicas()) {
      there += replica.phase().counts() ? 1 : 0;
      if (replica.phase() == Phase.READY) {
        ready++;
        sum += of(replica.name());
      }
    }
    double nextMean = ready == 0 || alike ? 1 : sum / ready;
    if (places.size() > there) {
      return of(
          pool.replicas().stream()
              .filter(replica -> replica.phase().counts())
              .map(Replica::name)
              .filter(places::containsKey)
              .toList(),
          nextMean);
    }
    return nextMean == mean ? this : new Speeds(places, figures, nextMean, alike);
  }

  private Speeds and(Set<String> more) {
    Set<String> names = new LinkedHashSet<>(places.keySet());
    names.addAll(more);
    return of(names, mean);
  }

  private Speeds of(Collection<String> names, double nextMean) {
    Map<String, Integer> nextPlaces = HashMap.newHashMap(names.size());
    double[] next = new double[FIGURES * names.size()];
    for (String name : names) {
      int at = FIGURES * nextPlaces.size();
      nextPlaces.put(name, at);
      Integer place = places.get(name);
      if (place == null) {
        next[at + FACTOR] = 1;
      } else {
        System.arraycopy(figures, place, next, at, FIGURES);
      }
    }
    return new Speeds(nextPlaces, next, nextMean, areAlike(next));
  }

  /** The factor of one; 1 for one that has not been busy. */
  double of(String name) {
    Integer place = alike ? null : places.get(name);
    return place == null ? 1 : figures[place + FACTOR];
  }

  boolean areAlike() {
    return alike;
  }

  /** The mean factor of those that are ready. */
  double mean() {
    return mean;
  }

  /**
   * What one is expected to do that is yet to come: as much as a usual one, unless those that are
   * there do less, all in all. That fast ones stay says nothing of the next; a pool that has moved
   * to slower nodes does.
   */
  double newcomer() {
    return Math.min(1, mean);
  }

  /** The factor of the fastest; 1 where all are alike. */
  double fastest() {
    double fastest = 1;
    for (int at = 0; at < figures.length; at += FIGURES) {
      fastest = Math.max(fastest, figures[at + FACTOR]);
    }
    return fastest;
  }
}

package dev.epd.autoscaler;

import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What the replicas of a pool do, counted in usual ones, in the order in which they stay when the
 * pool gets fewer: slow ones go first, by {@link Slowness}. Among those it takes for equal the work
 * that they hold decides, so the slower are taken for those that stay.
 *
 * <p>A pod that has become slow may be one of the equals: it is counted on to stay, or the pool
 * would give a good one back, and buy it again, for ever.
 */
final class Staying {
  /** Keeps a rate of exactly n replicas from asking for n+1 by a rounding error. */
  static final double ROUNDING = 1e-9;

  private final int ready;

  /** Of the ready ones in their order; empty where all are alike. */
  private final double[] factors;

  private final double newcomer;

  private Staying(int ready, double[] factors, double newcomer) {
    this.ready = ready;
    this.factors = factors;
    this.newcomer = newcomer;
  }

  static Staying of(PoolState pool, ScalerMemory memory) {
    Speeds speeds = memory.fit().speeds();
    int ready = pool.count(Phase.READY);
    if (speeds.areAlike()) {
      return new Staying(ready, new double[0], 1);
    }
    double[] factors =
        inOrder(pool, memory).stream().mapToDouble(replica -> speeds.of(replica.name())).toArray();
    return new Staying(ready, factors, speeds.newcomer());
  }

  /** The ready replicas, first those that stay the longest. */
  static List<Replica> inOrder(PoolState pool, ScalerMemory memory) {
    Speeds speeds = memory.fit().speeds();
    Map<String, Integer> behind = speeds.areAlike() ? Map.of() : Slowness.steps(memory.encoders());
    return pool.replicas().stream()
        .filter(replica -> replica.phase() == Phase.READY)
        .sorted(
            Comparator.comparing((Replica replica) -> behind.getOrDefault(replica.name(), 0))
                .thenComparing(replica -> speeds.of(replica.name()))
                .thenComparing(Replica::name))
        .toList();
  }

  /** As how many usual ones a replica counts that is yet to come. */
  double newcomer() {
    return newcomer;
  }

  /** As how many usual ones the ready ones count. */
  double ready() {
    return sum(ready);
  }

  /** As how many usual ones so many replicas count, those that start or are to come included. */
  double sum(int replicas) {
    if (factors.length == 0) {
      return replicas;
    }
    double sum = Math.max(0, replicas - ready) * newcomer;
    for (int i = 0; i < Math.min(replicas, ready); i++) {
      sum += factors[i];
    }
    return sum;
  }

  /** The fewest replicas that do what so many usual ones would. */
  double replicas(double usual) {
    double left = usual - ROUNDING;
    int replicas = 0;
    for (; replicas < factors.length && left > 0; replicas++) {
      left -= factors[replicas];
    }
    return replicas + Math.ceil(Math.max(0, left) / newcomer);
  }
}

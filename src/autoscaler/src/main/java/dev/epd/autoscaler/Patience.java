package dev.epd.autoscaler;

import dev.epd.autoscaler.Observer.Observation;
import dev.epd.autoscaler.PoolState.Phase;
import java.time.Duration;
import java.time.Instant;

/**
 * How long replicas that are not needed are kept.
 *
 * <p>As a rule for as long as keeping costs no more than starting again. Longer where giving back
 * has proved wrong ({@link Regret}), and after a jump: while the new level is being learned, a
 * surplus of up to a third is not worth going back and forth for.
 */
final class Patience {
  private static final Duration REMEMBERED = Duration.ofHours(1);

  /** In start-up times: gaps that are longer teach nothing, keeping would cost too much. */
  private static final double LONGEST_GAP = 12;

  /** In scale-down times: how long a jump takes to settle. */
  private static final double SETTLING = 10;

  private static final double JUMP = 1.5;
  private static final int JUMP_REPLICAS = 3;
  private static final double SURPLUS = 1 / 3.0;

  private Patience() {}

  /**
   * For how long less must have been enough. Starts that take longer than was known are waited for:
   * else what was bought would be given back and bought again before it has come.
   */
  static Duration of(PoolState pool, PolicySettings policy, Learned learned) {
    Duration patience = policy.scaleDownAfter(learned.startupOrAssumed());
    if (policy.scaleDownAfter() != null) {
      return patience;
    }
    for (PoolState.Replica replica : pool.replicas()) {
      boolean starts = replica.phase() == Phase.STARTING;
      if (starts
          && replica.age().compareTo(patience) > 0
          && replica.age().compareTo(learned.stuckAfter(pool.startLimit())) <= 0) {
        patience = replica.age();
      }
    }
    return patience;
  }

  /** What to remember of one look at the demand. */
  record Notes(Peaks peaks, Peaks needs, Regret regret) {}

  static Notes note(
      Look look,
      PoolState pool,
      PolicySettings policy,
      Observation seen,
      Demand demand,
      Instant now) {
    ScalerMemory memory = seen.memory();
    // Without a whole picture, and at first, what is there counts as needed.
    boolean unknown = seen.problem() != null || memory.peaks().isEmpty() || demand.holds();
    int level =
        unknown
            ? Math.max(pool.wanted(), seen.usable() ? demand.withStandIns() : 0)
            : demand.withStandIns();
    long oldest = now.minus(REMEMBERED).toEpochMilli();
    return new Notes(
        memory.peaks().with(level, now.toEpochMilli(), oldest),
        memory.needs().with(demand.least(), now.toEpochMilli(), oldest),
        // Advice that nobody follows teaches nothing.
        seen.problem() != null
                || memory.history().looks() == 0
                || policy.mode() == PolicySettings.Mode.RECOMMEND
            ? memory.regret()
            : learn(look, pool, policy, memory, demand, now));
  }

  private static Regret learn(
      Look look,
      PoolState pool,
      PolicySettings policy,
      ScalerMemory memory,
      Demand demand,
      Instant now) {
    double startup = seconds(memory.learned().startupOrAssumed());
    // The first image at an empty pool is late by a start-up time however long the pool is kept.
    boolean late =
        look.oldestWaitSeconds() > seconds(policy.targetWait()) && pool.count(Phase.READY) > 0;
    Regret regret =
        memory
            .regret()
            .with(memory.history().rateOf(0), late, memory.history().lastSeconds(), startup);
    // Of replicas that are bought at once the middle one stands for all: what tops them may be a
    // backlog's, and was not needed for longer.
    int regained = Math.min(demand.replicas(), (pool.wanted() + demand.replicas() + 1) / 2);
    long last = memory.peaks().lastAt(regained);
    double gap = last == Long.MIN_VALUE ? 0 : (now.toEpochMilli() - last) / 1000.0;
    double usual = seconds(policy.scaleDownAfter(memory.learned().startupOrAssumed()));
    if (gap <= usual || gap >= LONGEST_GAP * startup) {
      return regret;
    }
    if (demand.replicas() > pool.wanted()) {
      return regret.withGrowth(gap);
    }
    return gap <= regret.holdSeconds() ? regret.withUse(gap) : regret;
  }

  static Regret afterChange(Regret regret, int from, int to) {
    return to >= JUMP * from && to - from >= JUMP_REPLICAS
        ? regret.withJump(to > 2 * from)
        : regret;
  }

  /** The most that was needed within the time for which it is kept; a user's own time is final. */
  static int enough(ScalerMemory memory, PolicySettings policy, Duration patience, Instant now) {
    double learned = policy.scaleDownAfter() == null ? memory.regret().holdSeconds() : 0;
    long hold = Math.max(patience.toMillis(), (long) (1000 * learned));
    return memory.peaks().since(now.toEpochMilli() - hold);
  }

  /** Whether the pool has jumped so lately that its new level is still being learned. */
  static boolean isSettling(ScalerMemory memory, Duration patience) {
    return memory.regret().sinceJump() < SETTLING * seconds(patience);
  }

  static boolean isUnsettled(ScalerMemory memory, Duration patience, int from, int enough) {
    return isSettling(memory, patience) && from - enough <= SURPLUS * from;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}

package dev.epd.autoscaler;

import dev.epd.autoscaler.Observer.Observation;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replicas that the load asks for.
 *
 * <pre>
 * N = ceil( λ/v + max( spare, surge, double ) )
 * spare = max( min(z·σ/v, most - λ/v), min(λ/v, c·0.8·∛(λ/v)) )
 * surge = min( B'/(v·S/2), max(1, 0.25·λ/v, B'/(v·2.5·S)) )
 * double = min( B'/(v·D), 2·n - λ/v ), not for ten scale-down times after the pool grew by half
 * B' = max(0, B + λ·S - v·(ready·S + Σ over starting pods of min(S, age)) - (λ + spare)·D)
 * </pre>
 *
 * λ, σ level and deviation of the arrival of work; v work per second of a usual replica; B backlog;
 * D target wait; S start-up time; n usual replicas; c caution, from 1 to 2 by the share of work
 * that was late ({@link Regret}); most: the replicas that the last hour would have needed at worst.
 *
 * <p>While so much waits that the target is at risk, a quarter of it at the present pool, or an
 * image has waited for half of it, λ is the mean of the last looks if that is higher: a level that
 * has risen a little takes the average a start-up time or two to see, and it is only then that this
 * costs anything. Once the backlog is two target waits, so that half of it will be late, two of the
 * last four looks are enough; but not after a jump, whose backlog waits for what was bought.
 *
 * <p>B' is the backlog that will be left when a replica bought now is ready: what is ready and what
 * is on its way is counted up to then, so a burst is not bought twice. Spare capacity and the
 * capacity that works a backlog off are the same replicas, so the greater of the two is bought. A
 * backlog buys a quarter of the load's own need, and beyond that only replicas that will find two
 * and a half start-up times of work in it: it ends, and their starts have to be paid all the same.
 * Within a doubling of the pool it buys all that the target wait asks for: a level that was just
 * too high for the spare is caught up with at once. Where the load has jumped further its new level
 * is not known well enough.
 *
 * <p>The spare for a level that is not noisy grows with the cube root of the load, as the replicas
 * do that keep 99 % of bursty arrivals (coefficient of variation 2) below one service time of
 * waiting: by 3, 4, 5, 7 and 10 for loads of 1, 2, 5, 20 and 100 (Allen and Cunneen's
 * approximation). What is kept is that at first a little less, and up to twice as much while work
 * comes late.
 *
 * <p>Other signals each ask for a number of their own; the largest counts and is named.
 *
 * @param replicas N; at least 1 while there is work
 * @param forArrivals the part that arrivals alone ask for
 * @param standIns replicas that stand in for some that have been starting for too long
 * @param least usual replicas that would just have met the target wait over the last minute
 * @param signal the other signal that asks for the most; null = the image queue does
 * @param holds whether that signal asks for nothing to change; {@code replicas} adds none then
 */
record Demand(
    int replicas,
    int forArrivals,
    int standIns,
    int least,
    @Nullable SignalReading signal,
    boolean holds) {
  /** z: how many deviations of the arrival rate spare capacity covers. */
  private static final double DEVIATIONS = 3;

  private static final double SPARE = 0.8;
  private static final double SURGE = 0.25;

  /** In start-up times: within how long a backlog is to be worked off once replicas are ready. */
  private static final double DRAIN = 0.5;

  /** In start-up times: work of its own that makes a replica worth its start whatever the load. */
  private static final double WORTH = 2.5;

  /** How long a level must have been seen before a share of it is bought for a backlog. */
  private static final double SURE_SECONDS = 4;

  /** In target waits at the pool as it is: the backlog that puts the target at risk. */
  private static final double AT_RISK = 0.25;

  /** In target waits: how long an image may have waited before the target is at risk. */
  private static final double WAITS = 0.5;

  /** Looks that then tell the level. */
  private static final int RECENT = 16;

  /** In target waits at the pool as it is: the backlog of which half will be late. */
  private static final double MISSED = 2;

  /** Two of so many looks tell the level then: to be sure of it would make still more late. */
  private static final int LATEST = 4;

  /** How many times as many replicas a backlog may buy that the target wait asks for. */
  private static final double CATCH_UP = 2;

  /** No pool is ever this large; keeps sums within an int. */
  private static final double MOST = 1e6;

  private Demand(int replicas, int forArrivals, int standIns, int least) {
    this(replicas, forArrivals, standIns, least, null, false);
  }

  /** What the pool should have: what the load asks for, and those that stand in. */
  int withStandIns() {
    return replicas + standIns;
  }

  /**
   * What all signals ask for together.
   *
   * @param real the pool that the other signals were measured at
   */
  static Demand of(
      Look look,
      PoolState pool,
      PoolState real,
      PolicySettings policy,
      Observation seen,
      Instant now) {
    LoadSample sample = look.images();
    int absent = standIns(real, seen.memory(), now);
    SignalReading largest = SignalReading.largest(look.signals(), real, absent);
    Demand images = sample == null ? null : of(sample, pool, policy, seen, now);
    if (largest == null) {
      return images != null ? images : new Demand(pool.wanted(), 0, 0, 0);
    }
    // A share already speaks of all that is there, spares included.
    int needed = largest.wanted(real, absent);
    boolean warm = largest.kind() == SignalReading.Kind.SUM && needed > 0;
    int wanted = needed + (warm ? policy.warmSpares() : 0);
    if (images == null) {
      // Only images let a pool sleep. One that is awake keeps a replica, be it a stuck one.
      wanted = pool.wanted() == 0 ? Math.max(1, wanted) : wanted;
    } else if (images.replicas() >= wanted || pool.wanted() == 0) {
      return images;
    }
    int standIns = images != null ? images.standIns() : standIns(pool, seen.memory(), now);
    return new Demand(
        wanted, 0, standIns, images == null ? 0 : images.least(), largest, largest.holds(real));
  }

  /**
   * How many replicas to have in place of those that start, or are waited for, longer than a start
   * may take. Half as many as are ready: where none starts any more, more of them would not either.
   */
  static int standIns(PoolState pool, ScalerMemory memory, Instant now) {
    if (pool.wanted() == 0) {
      // One that was not told to go yet.
      return 0;
    }
    Duration limit = memory.learned().stuckAfter(pool.startLimit());
    int stuck = 0;
    for (Duration age : startingAges(pool, memory, now)) {
      stuck += age.compareTo(limit) > 0 ? 1 : 0;
    }
    return Math.min(stuck, Math.max(1, pool.count(Phase.READY) / 2));
  }

  private static Demand of(
      LoadSample look, PoolState pool, PolicySettings policy, Observation seen, Instant now) {
    ScalerMemory memory = seen.memory();
    Learned learned = memory.learned();
    LoadSample sample = look.atCost(memory.fit(), learned.overheadPatches());
    Duration startup = learned.startupOrAssumed();
    List<Duration> starting = startingAges(pool, memory, now);
    int standIns = standIns(pool, memory, now);
    int atLeast = seen.work() ? 1 : 0;
    if (isIdle(seen, policy, now) || (pool.wanted() == 0 && !seen.work())) {
      // Averages fade but never reach zero; that no image came is what says "none".
      return new Demand(0, 0, standIns, 0);
    }
    if (!learned.knowsRate()) {
      // One replica shows the rate; until then there is nothing to divide by. Keep what there is.
      int counted = Math.max(0, pool.wanted() - standIns);
      int needed = Math.max(atLeast, counted);
      return new Demand(needed, needed, standIns, 0);
    }
    double rate = learned.patchesPerSecond();
    Staying staying = Staying.of(pool, memory);
    double target = seconds(policy.targetWait());
    double level = level(sample, policy, memory, staying);
    double least = memory.history().leastService(target) / rate;
    double needed = level + spare(memory, level, least, rate);
    double arrivals = needed + policy.warmSpares() * staying.newcomer();
    double left =
        sample.runnable() / rate
            + level * seconds(startup)
            - capacityUntilReady(pool, memory, starting, staying)
            - arrivals * target;
    double sure = Math.min(1, memory.averages().seconds() / SURE_SECONDS);
    double surge =
        Math.max(
            sure * surge(left, level, target, startup),
            catchUp(left, level, staying.sum(pool.wanted()), policy, memory));
    double warm = staying.replicas(needed) + policy.warmSpares();
    return new Demand(
        Math.max(atLeast, count(Math.max(warm, staying.replicas(level + surge)))),
        Math.max(atLeast, count(warm)),
        standIns,
        count(least));
  }

  /** Replicas that carry what arrives. */
  private static double level(
      LoadSample sample, PolicySettings policy, ScalerMemory memory, Staying staying) {
    double target = seconds(policy.targetWait());
    double rate = memory.learned().patchesPerSecond();
    double slow = memory.averages().slow() / rate;
    double capacity = staying.ready() > 0 ? staying.ready() : 1;
    double backlog = sample.runnable() / rate / (target * capacity);
    boolean waits = sample.oldestWaitSeconds() > WAITS * target && !sample.isBlocked();
    if (!waits && backlog <= AT_RISK) {
      return slow;
    }
    double recent = memory.history().rate(RECENT);
    double latest =
        backlog > MISSED && !isSettling(policy, memory) ? memory.history().reachedTwice(LATEST) : 0;
    return Math.max(slow, Math.max(recent, latest) / rate);
  }

  private static double surge(double left, double level, double target, Duration startup) {
    double drain = Math.max(target, DRAIN * seconds(startup));
    double worthIt = Math.max(SURGE * level, left / Math.max(target, WORTH * seconds(startup)));
    return Math.min(Math.max(0, left) / drain, Math.max(1, worthIt));
  }

  private static double catchUp(
      double left, double level, double wanted, PolicySettings policy, ScalerMemory memory) {
    return isSettling(policy, memory)
        ? 0
        : Math.min(
            Math.max(0, left) / seconds(policy.targetWait()),
            Math.max(0, CATCH_UP * wanted - level));
  }

  private static boolean isSettling(PolicySettings policy, ScalerMemory memory) {
    return Patience.isSettling(memory, policy.scaleDownAfter(memory.learned().startupOrAssumed()));
  }

  private static double spare(ScalerMemory memory, double level, double least, double rate) {
    double noise = DEVIATIONS * memory.averages().deviation() / rate;
    double most = Math.max(least, memory.needs().highest());
    return Math.max(
        Math.min(noise, Math.max(0, most - level)),
        Math.min(level, memory.regret().caution() * SPARE * Math.cbrt(level)));
  }

  /** Seconds of a usual replica that what is there and comes gives within a start-up time. */
  private static double capacityUntilReady(
      PoolState pool, ScalerMemory memory, List<Duration> starting, Staying staying) {
    Learned learned = memory.learned();
    double startup = seconds(learned.startupOrAssumed());
    double capacity = staying.ready() * startup;
    for (Duration age : starting) {
      if (age.compareTo(learned.stuckAfter(pool.startLimit())) <= 0) {
        capacity += staying.newcomer() * Math.min(startup, seconds(age));
      }
    }
    return capacity;
  }

  /** Whether no image has come for the whole scale-down time. */
  static boolean isIdle(Observation seen, PolicySettings policy, Instant now) {
    Duration patience = policy.scaleDownAfter(seen.memory().learned().startupOrAssumed());
    return !seen.work() && !now.isBefore(seen.memory().lastWorkAt().plus(patience));
  }

  /** Ages of the pods that start, and of those that do not exist yet though they are wanted. */
  private static List<Duration> startingAges(PoolState pool, ScalerMemory memory, Instant now) {
    List<Duration> ages = new ArrayList<>();
    for (Replica replica : pool.replicas()) {
      if (replica.phase() == Phase.STARTING) {
        ages.add(replica.age());
      }
    }
    int uncreated = pool.wanted() - pool.count(Phase.READY) - ages.size();
    Instant missing = memory.starting().missingSince();
    if (missing != null && uncreated > 0) {
      Duration age = Duration.between(latest(memory.learned().lastUp(), missing), now);
      ages.addAll(Collections.nCopies(uncreated, age));
    }
    return ages;
  }

  private static Instant latest(@Nullable Instant a, Instant b) {
    return a != null && a.isAfter(b) ? a : b;
  }

  private static int count(double replicas) {
    return (int) Math.min(MOST, Math.ceil(replicas - Staying.ROUNDING));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}

package dev.epd.autoscaler;

import dev.epd.autoscaler.Observer.Observation;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replicas that the load asks for.
 *
 * <pre>
 * N = ceil( (λ + z·σ)/v + B'/(v·H) )
 * B' = max(0, B - v·(ready·D + Σ over starting pods of max(0, H - (S - age))))
 * H  = max(D, S)
 * </pre>
 *
 * λ, σ arrival rate and deviation of work; v work per second of one replica; B backlog; D target
 * wait; S start-up time. Work that ready replicas finish within the target wait is no backlog, and
 * neither is what pods already on their way will have absorbed by the time that a pod bought now
 * could help: a burst is not bought twice.
 *
 * @param replicas N; at least 1 while there is work
 * @param forArrivals the part that arrivals alone ask for
 * @param stuck replicas that have been starting for too long to be counted on
 */
record Demand(int replicas, int forArrivals, int stuck) {
  /** z: how many deviations of the arrival rate spare capacity covers. */
  private static final double DEVIATIONS = 2;

  /** No pool is ever this large; keeps sums within an int. */
  private static final double MOST = 1e6;

  /** Keeps a rate of exactly n replicas from asking for n+1 by a rounding error. */
  private static final double ROUNDING = 1e-9;

  static Demand of(
      LoadSample sample, PoolState pool, PolicySettings policy, Observation seen, Instant now) {
    ScalerMemory memory = seen.memory();
    Learned learned = memory.learned();
    Duration startup = learned.startupOrAssumed();
    List<Duration> starting = startingAges(pool, memory, now);
    int stuck =
        (int) starting.stream().filter(age -> age.compareTo(learned.stuckAfter()) > 0).count();
    int atLeast = seen.work() ? 1 : 0;
    if (isIdle(seen, policy, now) || (pool.wanted() == 0 && !seen.work())) {
      // Averages fade but never reach zero; that no image came is what says "none".
      return new Demand(0, 0, stuck);
    }
    if (!learned.knowsRate()) {
      // One replica shows the rate; until then there is nothing to divide by. Keep what there is.
      int counted = Math.max(0, pool.wanted() - stuck);
      int needed = Math.max(atLeast, counted);
      return new Demand(needed, needed, stuck);
    }
    double rate = learned.patchesPerSecond();
    double target = seconds(policy.targetWait());
    double horizon = Math.max(target, seconds(startup));
    double absorbed = pool.count(Phase.READY) * target;
    for (Duration age : starting) {
      if (age.compareTo(learned.stuckAfter()) <= 0) {
        absorbed += Math.max(0, horizon - Math.max(0, seconds(startup) - seconds(age)));
      }
    }
    double excess = Math.max(0, sample.backlog() - rate * absorbed);
    WorkAverages averages = memory.averages();
    double arrivals = (averages.rate() + DEVIATIONS * averages.deviation()) / rate;
    double backlog = excess / (rate * horizon);
    return new Demand(
        Math.max(atLeast, ceil(arrivals + backlog)), Math.max(atLeast, ceil(arrivals)), stuck);
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
    Instant since = latest(memory.learned().lastUp(), memory.takenOverAt());
    for (int i = 0; i < uncreated; i++) {
      ages.add(Duration.between(since, now));
    }
    return ages;
  }

  private static Instant latest(@Nullable Instant a, Instant b) {
    return a != null && a.isAfter(b) ? a : b;
  }

  private static int ceil(double value) {
    return (int) Math.min(MOST, Math.ceil(value - ROUNDING));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}

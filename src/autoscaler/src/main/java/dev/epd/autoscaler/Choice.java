package dev.epd.autoscaler;

import dev.epd.autoscaler.Observer.Observation;
import dev.epd.autoscaler.PoolState.Phase;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The number to write, before it is put into words.
 *
 * @param wanted replicas that the load alone asks for
 * @param by the schedule or ratio that set the bound in {@code limit}; null = the pool itself
 */
record Choice(int to, int wanted, Limit limit, Reason reason, @Nullable String by) {

  private Choice(int to, int wanted, Limit limit, Reason reason) {
    this(to, wanted, limit, reason, null);
  }

  static Choice of(
      Look look,
      PoolState pool,
      PolicySettings policy,
      Observation seen,
      Demand demand,
      Instant now) {
    int from = pool.wanted();
    if (policy.mode() == PolicySettings.Mode.OFF) {
      return new Choice(from, from, Limit.NONE, Reason.OFF);
    }
    if (pool.clamp(from) != from) {
      boolean low = from < pool.min();
      return new Choice(
          pool.clamp(from),
          from,
          low ? Limit.MIN_REPLICAS : Limit.MAX_REPLICAS,
          Reason.OUTSIDE_LIMITS,
          low ? pool.minBy() : pool.maxBy());
    }
    Reason problem = seen.problem();
    if (!seen.usable()) {
      return blind(pool, policy, seen, now);
    }
    if (demand.withStandIns() > from && !demand.holds()) {
      return isHeldDownstream(look, pool, demand)
          ? heldDownstream(look, from, demand)
          : grow(pool, demand, seen.memory().learned().knowsRate());
    }
    if (problem != null) {
      return new Choice(from, demand.withStandIns(), Limit.DATA, problem);
    }
    if (demand.holds()) {
      return new Choice(from, from, Limit.NONE, Reason.STEADY);
    }
    return stayOrShrink(pool, policy, demand, seen, now);
  }

  /** No figures: the number stays, unless that has lasted and the policy has an answer to it. */
  private static Choice blind(
      PoolState pool, PolicySettings policy, Observation seen, Instant now) {
    int from = pool.wanted();
    PolicySettings.Fallback fallback = policy.fallback();
    ScalerMemory memory = seen.memory();
    Instant last = memory.lastSampleAt();
    Instant since =
        last != null && last.isAfter(memory.takenOverAt()) ? last : memory.takenOverAt();
    if (fallback != null && !now.isBefore(since.plus(fallback.after()))) {
      int to = Math.max(from, pool.clamp(fallback.replicas()));
      return new Choice(to, from, Limit.DATA, Reason.FALLBACK);
    }
    Reason problem = seen.problem();
    return new Choice(from, from, Limit.DATA, problem != null ? problem : Reason.METRICS_INVALID);
  }

  /** More encoders would wait as the images do. Without a ready one that is not known. */
  private static boolean isHeldDownstream(Look look, PoolState pool, Demand demand) {
    LoadSample images = look.images();
    return images != null
        && (demand.signal() == null || demand.signal().kind() == SignalReading.Kind.LATENCY)
        && images.isBlocked()
        && pool.count(Phase.READY) > 0;
  }

  private static Choice heldDownstream(Look look, int from, Demand demand) {
    LoadSample images = look.images();
    boolean prefill = images != null && images.blocked().byPrefill() >= images.blocked().byDecode();
    return new Choice(
        from, demand.withStandIns(), prefill ? Limit.PREFILL : Limit.DECODE, Reason.DOWNSTREAM);
  }

  private static Choice grow(PoolState pool, Demand demand, boolean knowsRate) {
    int from = pool.wanted();
    int wanted = demand.withStandIns();
    int to = pool.clamp(wanted);
    boolean limited = to < wanted;
    Reason why =
        demand.signal() != null
            ? Reason.SIGNAL
            : from == 0 || !knowsRate
                ? Reason.WAKE_UP
                : demand.forArrivals() + demand.standIns() > from
                    ? Reason.ARRIVALS
                    : Reason.BACKLOG;
    return new Choice(
        to, wanted, limited ? Limit.MAX_REPLICAS : Limit.NONE, why, limited ? pool.maxBy() : null);
  }

  private static Choice stayOrShrink(
      PoolState pool, PolicySettings policy, Demand demand, Observation seen, Instant now) {
    int from = pool.wanted();
    ScalerMemory memory = seen.memory();
    boolean idle = demand.signal() == null && Demand.isIdle(seen, policy, now);
    int wanted = idle ? 0 : Math.max(demand.withStandIns(), from == 0 ? 0 : 1);
    int least = pool.clamp(Math.min(wanted, from));
    boolean atMinimum = wanted < pool.min();
    Limit minimum = atMinimum ? Limit.MIN_REPLICAS : Limit.NONE;
    String schedule = atMinimum ? pool.minBy() : null;
    if (least >= from) {
      return new Choice(from, wanted, minimum, Reason.STEADY, schedule);
    }
    Duration patience = Patience.of(pool, policy, memory.learned());
    if (now.isBefore(memory.takenOverAt().plus(patience))) {
      return new Choice(from, wanted, Limit.TAKEOVER, Reason.WAITING_TO_SHRINK);
    }
    int enough =
        idle ? least : pool.clamp(Math.max(Patience.enough(memory, policy, patience, now), least));
    boolean stays =
        enough >= from || (!idle && Patience.isUnsettled(memory, patience, from, enough));
    if (stays) {
      return new Choice(from, wanted, Limit.SCALE_DOWN_TIME, Reason.WAITING_TO_SHRINK);
    }
    return new Choice(enough, wanted, minimum, idle ? Reason.IDLE : Reason.LESS_WORK, schedule);
  }

  /**
   * The same with what ratios to other pools make of it. They come after the pool's own bounds, and
   * wait while its load is not known.
   */
  Choice within(Ratios ratios, PoolState pool) {
    if (limit == Limit.DATA || reason == Reason.OFF || reason == Reason.OUTSIDE_LIMITS) {
      return this;
    }
    Ratios.Answer answer = ratios.of(new Ratios.Stand(pool.min(), pool.max(), to));
    Ratio ratio = answer.by();
    if (ratio == null) {
      return this;
    }
    int next = answer.replicas();
    int from = pool.wanted();
    // Where the ratio only keeps the pool from what the load asks for, that stays the reason.
    boolean moves = next > Math.max(from, to) || next < Math.min(from, to);
    return new Choice(next, wanted, Limit.RATIO, moves ? Reason.RATIO : reason, ratio.name());
  }

  /** The same as slowly as the policy says. Bounds come before pace: what they ask for is done. */
  Choice paced(PoolState pool, Pace pace, Course course, Instant now) {
    int from = pool.wanted();
    if (reason == Reason.OUTSIDE_LIMITS || reason == Reason.FALLBACK || to == from) {
      return this;
    }
    if (to < from) {
      int least = pace.down().least(from, course, now);
      return to >= least ? this : new Choice(least, wanted, Limit.SCALE_DOWN_RATE, reason, null);
    }
    int most = pace.up().most(from, course, now);
    Choice paced = to <= most ? this : new Choice(most, wanted, Limit.SCALE_UP_RATE, reason, null);
    if (pace.upWindow().isZero() || from == 0) {
      return paced;
    }
    Instant since = now.minus(pace.upWindow());
    int settled = course.covers(since) ? Math.max(from, course.leastWanted(since, to)) : from;
    return paced.to <= settled
        ? paced
        : new Choice(settled, wanted, Limit.SCALE_UP_WINDOW, reason, null);
  }
}

package dev.epd.autoscaler;

import dev.epd.autoscaler.Observer.Observation;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.ScalerMemory.Shrink;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides how many replicas a pool should have.
 *
 * <p>More at once, fewer only after the scale-down time, nothing removed on a picture that is not
 * whole, and never a number outside the pool's limits.
 */
public final class Scaler {
  private Scaler() {}

  /** The number to write, before it is put into words. */
  private record Choice(int to, int wanted, Limit limit, Reason reason, @Nullable Shrink shrink) {}

  /**
   * Decides once.
   *
   * @param now the present; samples from its future are refused
   */
  public static Decision decide(
      LoadSample sample, PoolState pool, PolicySettings policy, ScalerMemory memory, Instant now) {
    Observation seen = Observer.observe(sample, pool, policy, memory, now);
    ScalerMemory after = seen.memory();
    Choice choice = choose(sample, pool, policy, seen, now);
    int from = pool.wanted();
    after = after.withShrink(choice.shrink());
    if (choice.to() != from) {
      after =
          after.withLearned(after.learned().withAction(from, choice.to(), now)).withShrink(null);
    }
    if (choice.reason() == Reason.IDLE) {
      after = after.withoutAverages();
    }
    return new Decision(
        from,
        choice.to(),
        choice.wanted(),
        choice.limit(),
        choice.reason(),
        Sentences.of(
            from, choice.to(), choice.wanted(), choice.limit(), choice.reason(), sample, pool),
        inputs(sample, pool, after),
        after);
  }

  private static Choice choose(
      LoadSample sample, PoolState pool, PolicySettings policy, Observation seen, Instant now) {
    int from = pool.wanted();
    if (policy.mode() == PolicySettings.Mode.OFF) {
      return new Choice(from, from, Limit.NONE, Reason.OFF, null);
    }
    if (pool.clamp(from) != from) {
      Limit limit = from < pool.min() ? Limit.MIN_REPLICAS : Limit.MAX_REPLICAS;
      return new Choice(pool.clamp(from), from, limit, Reason.OUTSIDE_LIMITS, null);
    }
    Reason problem = seen.problem();
    if (!seen.usable()) {
      return new Choice(
          from, from, Limit.DATA, problem != null ? problem : Reason.METRICS_INVALID, null);
    }
    Demand demand = Demand.of(sample, pool, policy, seen, now);
    int counted = from - Math.min(from, demand.stuck());
    if (demand.replicas() > counted) {
      return grow(pool, demand, seen.memory().learned().knowsRate());
    }
    if (problem != null) {
      return new Choice(from, demand.replicas(), Limit.DATA, problem, null);
    }
    return stayOrShrink(pool, policy, demand, seen, now);
  }

  private static Choice grow(PoolState pool, Demand demand, boolean knowsRate) {
    int from = pool.wanted();
    int wanted = demand.replicas() + demand.stuck();
    int to = pool.clamp(wanted);
    Limit limit = to < wanted ? Limit.MAX_REPLICAS : Limit.NONE;
    Reason why =
        from == 0 || !knowsRate
            ? Reason.WAKE_UP
            : demand.forArrivals() + demand.stuck() > from ? Reason.ARRIVALS : Reason.BACKLOG;
    return new Choice(to, wanted, limit, why, null);
  }

  private static Choice stayOrShrink(
      PoolState pool, PolicySettings policy, Demand demand, Observation seen, Instant now) {
    int from = pool.wanted();
    ScalerMemory memory = seen.memory();
    boolean idle = Demand.isIdle(seen, policy, now);
    int wanted = idle ? 0 : Math.max(demand.replicas(), from == 0 ? 0 : 1);
    int enough = pool.clamp(Math.min(wanted, from));
    Limit minimum = wanted < pool.min() ? Limit.MIN_REPLICAS : Limit.NONE;
    if (enough >= from) {
      return new Choice(from, wanted, minimum, Reason.STEADY, null);
    }
    // A run that once needed as many as there are now says nothing about fewer.
    Shrink before = memory.shrink();
    Shrink shrink =
        before == null || before.enough() >= from
            ? new Shrink(now, enough)
            : new Shrink(
                before.since(), idle ? enough : pool.clamp(Math.max(before.enough(), enough)));
    Duration patience = policy.scaleDownAfter(memory.learned().startupOrAssumed());
    if (now.isBefore(memory.takenOverAt().plus(patience))) {
      return new Choice(from, wanted, Limit.TAKEOVER, Reason.WAITING_TO_SHRINK, shrink);
    }
    Instant lastUp = memory.learned().lastUp();
    boolean justGrew = lastUp != null && now.isBefore(lastUp.plus(patience));
    boolean early = !idle && now.isBefore(shrink.since().plus(patience));
    if (early || justGrew) {
      return new Choice(from, wanted, Limit.SCALE_DOWN_TIME, Reason.WAITING_TO_SHRINK, shrink);
    }
    Reason reason = idle ? Reason.IDLE : Reason.LESS_WORK;
    return new Choice(shrink.enough(), wanted, minimum, reason, shrink);
  }

  private static Map<String, Double> inputs(
      LoadSample sample, PoolState pool, ScalerMemory memory) {
    Map<String, Double> inputs = new LinkedHashMap<>();
    inputs.put("queuedImages", sample.queuedImages());
    inputs.put("queuedPatches", sample.queuedPatches());
    inputs.put("outstandingPatches", sample.outstandingPatches());
    inputs.put("oldestWaitSeconds", sample.oldestWaitSeconds());
    inputs.put("arrivingPatchesPerSecond", memory.averages().rate());
    inputs.put("arrivalDeviation", memory.averages().deviation());
    inputs.put("patchesPerSecondPerReplica", memory.learned().patchesPerSecond());
    inputs.put("startupSeconds", memory.learned().startupOrAssumed().toMillis() / 1000.0);
    inputs.put("ready", (double) pool.count(Phase.READY));
    inputs.put("starting", (double) pool.count(Phase.STARTING));
    inputs.put("draining", (double) pool.count(Phase.DRAINING));
    inputs.put("gatewaysAnswered", (double) sample.gatewaysAnswered());
    inputs.put("gatewaysExpected", (double) sample.gatewaysExpected());
    return inputs;
  }
}

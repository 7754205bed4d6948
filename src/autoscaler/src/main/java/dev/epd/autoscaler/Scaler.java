package dev.epd.autoscaler;

import dev.epd.autoscaler.Observer.Observation;
import dev.epd.autoscaler.PoolState.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Decides how many replicas a pool should have.
 *
 * <p>More at once, fewer only after the scale-down time, nothing removed on a picture that is not
 * whole, and never a number outside the pool's limits.
 */
public final class Scaler {
  private Scaler() {}

  /** The number to write, before it is put into words. */
  private record Choice(int to, int wanted, Limit limit, Reason reason) {}

  /**
   * Decides once.
   *
   * @param now the present; samples from its future are refused
   */
  public static Decision decide(
      LoadSample sample, PoolState pool, PolicySettings policy, ScalerMemory memory, Instant now) {
    Observation seen = Observer.observe(sample, pool, policy, memory, now);
    Demand demand = Demand.of(sample, pool, policy, seen, now);
    Observation noted = seen.with(Patience.note(sample, pool, policy, seen, demand, now));
    ScalerMemory after = noted.memory();
    Choice choice = choose(pool, policy, noted, demand, now);
    int from = pool.wanted();
    if (choice.to() != from) {
      after =
          after
              .withLearned(after.learned().withAction(from, choice.to(), now))
              .withRegret(Patience.afterChange(after.regret(), from, choice.to()));
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
      PoolState pool, PolicySettings policy, Observation seen, Demand demand, Instant now) {
    int from = pool.wanted();
    if (policy.mode() == PolicySettings.Mode.OFF) {
      return new Choice(from, from, Limit.NONE, Reason.OFF);
    }
    if (pool.clamp(from) != from) {
      Limit limit = from < pool.min() ? Limit.MIN_REPLICAS : Limit.MAX_REPLICAS;
      return new Choice(pool.clamp(from), from, limit, Reason.OUTSIDE_LIMITS);
    }
    Reason problem = seen.problem();
    if (!seen.usable()) {
      return new Choice(from, from, Limit.DATA, problem != null ? problem : Reason.METRICS_INVALID);
    }
    int counted = from - Math.min(from, demand.stuck());
    if (demand.replicas() > counted) {
      return grow(pool, demand, seen.memory().learned().knowsRate());
    }
    if (problem != null) {
      return new Choice(from, demand.replicas(), Limit.DATA, problem);
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
    return new Choice(to, wanted, limit, why);
  }

  private static Choice stayOrShrink(
      PoolState pool, PolicySettings policy, Demand demand, Observation seen, Instant now) {
    int from = pool.wanted();
    ScalerMemory memory = seen.memory();
    boolean idle = Demand.isIdle(seen, policy, now);
    int wanted = idle ? 0 : Math.max(demand.replicas(), from == 0 ? 0 : 1);
    int least = pool.clamp(Math.min(wanted, from));
    Limit minimum = wanted < pool.min() ? Limit.MIN_REPLICAS : Limit.NONE;
    if (least >= from) {
      return new Choice(from, wanted, minimum, Reason.STEADY);
    }
    Duration patience = policy.scaleDownAfter(memory.learned().startupOrAssumed());
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
    return new Choice(enough, wanted, minimum, idle ? Reason.IDLE : Reason.LESS_WORK);
  }

  private static Map<String, Double> inputs(
      LoadSample sample, PoolState pool, ScalerMemory memory) {
    Map<String, Double> inputs = new LinkedHashMap<>();
    inputs.put("queuedImages", sample.queuedImages());
    inputs.put("queuedPatches", sample.queuedPatches());
    inputs.put("outstandingPatches", sample.outstandingPatches());
    inputs.put("oldestWaitSeconds", sample.oldestWaitSeconds());
    inputs.put("arrivingPatchesPerSecond", memory.averages().slow());
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

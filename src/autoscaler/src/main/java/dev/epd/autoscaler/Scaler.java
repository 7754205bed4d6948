package dev.epd.autoscaler;

import dev.epd.autoscaler.Observer.Observation;
import dev.epd.autoscaler.PoolState.Phase;
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

  /** Decides once on the image queue alone, for a pool that no ratio binds. */
  public static Decision decide(
      LoadSample sample, PoolState pool, PolicySettings policy, ScalerMemory memory, Instant now) {
    return decide(Look.of(sample), pool, policy, memory, Ratios.NONE, now);
  }

  /**
   * Decides once. In mode {@code RECOMMEND} the decision's {@code to} is advice; what was advised
   * before is carried on in its memory, as if it had been done.
   *
   * @param known what the last decision handed on
   * @param ratios to other pools
   * @param now the present; samples from its future are refused
   */
  public static Decision decide(
      Look look,
      PoolState pool,
      PolicySettings policy,
      ScalerMemory known,
      Ratios ratios,
      Instant now) {
    ScalerMemory memory = known.withCourse(known.course().underMode(policy.mode(), pool.wanted()));
    boolean advises = policy.mode() == PolicySettings.Mode.RECOMMEND;
    PoolState counted = advises ? Advice.pool(pool, memory) : pool;
    Observation seen = Observer.observe(look, pool, policy, memory, now);
    Look judged = advises ? Advice.bounded(look, policy, seen.memory()) : look;
    Demand demand = Demand.of(judged, counted, pool, policy, seen, now);
    Observation noted = seen.with(Patience.note(judged, counted, policy, seen, demand, now));
    Choice alone = Choice.of(judged, counted, policy, noted, demand, now);
    Choice free = alone.within(ratios, counted);
    Course before = noted.memory().course();
    // A look that could not tell what is wanted says nothing against more.
    Course course =
        free.limit() == Limit.DATA
            ? before
            : before.withWanted(free.to(), now, policy.pace().upWindow());
    Choice choice = free.paced(counted, policy.pace(), course, now);
    return new Decision(
        pool.wanted(),
        choice.to(),
        choice.wanted(),
        alone.paced(counted, policy.pace(), course, now).to(),
        choice.limit(),
        choice.by(),
        signal(look, demand),
        choice.reason(),
        Sentences.of(pool.wanted(), choice, look, counted, demand, policy),
        inputs(look, pool, noted.memory(), ratios, Demand.standIns(pool, noted.memory(), now)),
        after(
            noted.memory(),
            course.looked(policy.mode(), pool.wanted(), choice.to()),
            counted.wanted(),
            choice,
            advises,
            now));
  }

  private static ScalerMemory after(
      ScalerMemory memory, Course course, int from, Choice choice, boolean advises, Instant now) {
    Course next = course;
    ScalerMemory after = memory;
    if (choice.to() != from) {
      next = next.withChange(from, choice.to(), now);
      after =
          after
              .withLearned(
                  advises ? after.learned() : after.learned().withAction(from, choice.to(), now))
              .withRegret(Patience.afterChange(after.regret(), from, choice.to()));
    }
    after = next == memory.course() ? after : after.withCourse(next);
    return choice.reason() == Reason.IDLE ? after.withoutAverages() : after;
  }

  private static String signal(Look look, Demand demand) {
    SignalReading largest = demand.signal();
    if (largest != null) {
      return largest.name();
    }
    return look.images() != null || look.signals().isEmpty()
        ? Look.IMAGE_QUEUE
        : look.signals().getFirst().name();
  }

  private static Map<String, Double> inputs(
      Look look, PoolState pool, ScalerMemory memory, Ratios ratios, int standIns) {
    Map<String, Double> inputs = new LinkedHashMap<>();
    LoadSample sample = look.images();
    if (sample != null) {
      inputs.put("queuedImages", sample.queuedImages());
      inputs.put("queuedPatches", sample.queuedPatches());
      inputs.put("outstandingPatches", sample.outstandingPatches());
      inputs.put("oldestWaitSeconds", sample.oldestWaitSeconds());
      if (sample.blocked().total() > 0) {
        inputs.put("patchesBlockedByPrefill", sample.blocked().byPrefill());
        inputs.put("patchesBlockedByDecode", sample.blocked().byDecode());
      }
      inputs.put("arrivingPatchesPerSecond", memory.averages().slow());
      inputs.put("arrivalDeviation", memory.averages().deviation());
      inputs.put("patchesPerSecondPerReplica", memory.lasting().patchesPerSecond());
      inputs.put("overheadPatchesPerImage", memory.learned().overheadPatches());
      memory
          .fit()
          .sizes()
          .notable()
          .forEach((size, factor) -> inputs.put("patchCostOfSize:" + size, factor));
      inputs.put("gatewaysAnswered", (double) sample.gatewaysAnswered());
      inputs.put("gatewaysExpected", (double) sample.gatewaysExpected());
    }
    for (SignalReading reading : look.signals()) {
      Double value = reading.value();
      if (value != null) {
        inputs.put(reading.name(), value);
        inputs.put(reading.name() + "Wanted", (double) reading.wanted(pool, standIns));
      }
      inputs.put(reading.name() + "Target", reading.target());
    }
    inputs.put("startupSeconds", memory.learned().startupOrAssumed().toMillis() / 1000.0);
    inputs.put("startupP95Seconds", memory.learned().slowStartupOrAssumed().toMillis() / 1000.0);
    inputs.put("ready", (double) pool.count(Phase.READY));
    inputs.put("starting", (double) pool.count(Phase.STARTING));
    inputs.put("draining", (double) pool.count(Phase.DRAINING));
    int failed = pool.count(Phase.FAILED);
    if (failed > 0) {
      inputs.put("failed", (double) failed);
    }
    Speeds speeds = memory.fit().speeds();
    if (!speeds.areAlike()) {
      inputs.put("fastestReplicaOverMean", speeds.fastest() / speeds.mean());
    }
    if (standIns > 0) {
      inputs.put("standIns", (double) standIns);
    }
    inputs.put("minReplicas", (double) pool.min());
    inputs.put("maxReplicas", (double) pool.max());
    ratios.others().keySet().stream()
        .sorted()
        .forEach(name -> inputs.put(name + "Pods", (double) ratios.wanted(name)));
    return inputs;
  }
}

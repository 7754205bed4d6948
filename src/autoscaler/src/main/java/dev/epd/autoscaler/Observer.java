package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.autoscaler.ScalerMemory.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges a sample and learns from it.
 *
 * <p>Rates are differences of totals of one and the same process; a gateway or encoder that is seen
 * for the first time gives its starting point only.
 */
final class Observer {
  /** Busy seconds over which the service rate forgets. */
  private static final double RATE_SPAN = 10;

  /**
   * Longest time between two looks that belong together. After a longer one, or when the clock was
   * set back, what was measured before says nothing, and the scaler begins as a new process does.
   */
  private static final Duration GAP = Duration.ofMinutes(1);

  private Observer() {}

  /**
   * What came of one look.
   *
   * @param problem why the sample does not give a full picture; null when it does
   * @param usable whether its figures may be used at all (to add replicas)
   * @param work whether there is work now, or some came since the last look
   * @param memory the memory after it
   */
  record Observation(@Nullable Reason problem, boolean usable, boolean work, ScalerMemory memory) {
    Observation with(Patience.Notes notes) {
      return new Observation(problem, usable, work, memory.with(notes));
    }
  }

  /** Images and the other signals together: the picture is whole when every part is. */
  static Observation observe(
      Look look, PoolState pool, PolicySettings policy, ScalerMemory memory, Instant now) {
    Observation seen = look(look, pool, policy, memory, now);
    Instant last = memory.lastSampleAt();
    Duration longest = policy.staleAfter().compareTo(GAP) > 0 ? policy.staleAfter() : GAP;
    boolean continues =
        last == null
            || (!now.isBefore(last)
                && (!seen.usable() || Duration.between(last, now).compareTo(longest) <= 0));
    return continues ? seen : look(look, pool, policy, afresh(memory, now), now);
  }

  /** What was done counts for rate limits still, unless the clock was set back since. */
  private static ScalerMemory afresh(ScalerMemory memory, Instant now) {
    List<Course.Change> changes =
        memory.course().changes().stream().filter(change -> !change.at().isAfter(now)).toList();
    return ScalerMemory.takeOver(memory.lasting().undated(), changes, now);
  }

  private static Observation look(
      Look look, PoolState pool, PolicySettings policy, ScalerMemory memory, Instant now) {
    LoadSample sample = look.images();
    if (sample == null) {
      ScalerMemory seen = learnStarts(pool, memory, now);
      boolean current =
          !look.takenAt().isAfter(now)
              && Duration.between(look.takenAt(), now).compareTo(policy.staleAfter()) <= 0;
      Reason problem =
          !current ? Reason.METRICS_STALE : look.allWhole() ? null : Reason.SIGNAL_MISSING;
      boolean usable = current && look.anyKnown();
      // Only images let a pool sleep.
      return new Observation(problem, usable, true, usable ? seen.withLook(now) : seen);
    }
    Observation seen = observe(sample, pool, policy, memory, now);
    boolean incomplete = seen.problem() == null && !look.allWhole();
    return incomplete
        ? new Observation(Reason.SIGNAL_MISSING, seen.usable(), seen.work(), seen.memory())
        : seen;
  }

  private static Observation observe(
      LoadSample sample, PoolState pool, PolicySettings policy, ScalerMemory memory, Instant now) {
    ScalerMemory seen = learnStarts(pool, memory, now);
    Instant last = memory.lastSampleAt();
    if (sample.gatewaysAnswered() <= 0) {
      return new Observation(Reason.METRICS_MISSING, false, false, seen);
    }
    if (!sample.isSound()
        || sample.takenAt().isAfter(now)
        || (last != null && !sample.takenAt().isAfter(last))) {
      return new Observation(Reason.METRICS_INVALID, false, false, seen);
    }
    if (Duration.between(sample.takenAt(), now).compareTo(policy.staleAfter()) > 0) {
      return new Observation(Reason.METRICS_STALE, false, false, seen);
    }
    return use(sample, seen);
  }

  private static Observation use(LoadSample sample, ScalerMemory memory) {
    boolean partial = sample.gatewaysAnswered() < sample.gatewaysExpected();
    Arrivals arrivals = Arrivals.of(sample, memory);
    double rate = arrivals.rate();
    Instant last = memory.lastSampleAt();
    double sinceLast = last == null ? 0 : Duration.between(last, sample.takenAt()).toNanos() / 1e9;
    Map<String, EncoderTotals> done = done(sample, memory);
    BusyCheck busy = memory.busy().with(sample, done, sinceLast, !partial);
    Speeds speeds = memory.fit().speeds().with(done, memory.fit(), overhead(memory));
    List<EncoderTotals> looks = speeds.usual(done, busy.factor());
    CostFit fit = memory.fit().with(speeds).with(looks, overhead(memory), sinceLast);
    Learned learned = learnLaw(looks, memory, fit, sinceLast);
    WorkAverages averages = memory.averages();
    WorkHistory history = memory.history();
    if (last != null && !partial && !arrivals.reset()) {
      Duration elapsed = Duration.between(last, sample.takenAt());
      averages = averages.with(rate, elapsed, learned.startupOrAssumed());
      history = history.with(rate * sinceLast, sinceLast);
      averages = averages.orNewLevel(history, memory.averages());
    }
    boolean work = sample.hasWork() || rate > 0;
    ScalerMemory next =
        new ScalerMemory(
            memory.takenOverAt(),
            learned,
            sample.takenAt(),
            averages,
            readings(sample, memory, partial),
            sample.encoders(),
            memory.starting(),
            work ? sample.takenAt() : memory.lastWorkAt(),
            history,
            memory.peaks(),
            memory.needs(),
            memory.regret(),
            memory.course(),
            busy,
            fit);
    return new Observation(problem(sample, partial, arrivals.reset()), true, work, next);
  }

  private static @Nullable Reason problem(LoadSample sample, boolean partial, boolean reset) {
    if (partial) {
      return Reason.METRICS_PARTIAL;
    }
    if (reset) {
      return Reason.COUNTER_RESET;
    }
    return sample.encodersSilent() > 0 ? Reason.ENCODERS_SILENT : null;
  }

  /** What each encoder that is known, and the same process still, has done since the last look. */
  private static Map<String, EncoderTotals> done(LoadSample sample, ScalerMemory memory) {
    Map<String, EncoderTotals> done = HashMap.newHashMap(sample.encoders().size());
    for (var entry : sample.encoders().entrySet()) {
      EncoderTotals before = memory.encoders().get(entry.getKey());
      EncoderTotals since = before == null ? null : entry.getValue().since(before);
      if (since != null && since.done().isSound()) {
        done.put(entry.getKey(), since);
      }
    }
    return done;
  }

  /**
   * What gateways have counted since the last look.
   *
   * @param rate sum of their rates, each over its own time: one may have missed a look
   * @param reset whether one of them has begun anew
   */
  private record Arrivals(double rate, boolean reset) {
    static Arrivals of(LoadSample sample, ScalerMemory memory) {
      double rate = 0;
      boolean reset = false;
      for (var entry : sample.arrived().entrySet()) {
        Reading before = memory.arrived().get(entry.getKey());
        if (before == null) {
          continue;
        }
        Mix arrived = entry.getValue().minus(before.arrived());
        double seconds = Duration.between(before.at(), sample.takenAt()).toNanos() / 1e9;
        reset |= !arrived.isSound();
        if (arrived.isSound() && seconds > 0) {
          rate += memory.fit().work(arrived, overhead(memory)) / seconds;
        }
      }
      return new Arrivals(rate, reset);
    }
  }

  private static double overhead(ScalerMemory memory) {
    return memory.learned().overheadPatches();
  }

  private static Map<String, Reading> readings(
      LoadSample sample, ScalerMemory memory, boolean partial) {
    // A gateway that is only silent will be back with its total; one that is gone will not.
    Map<String, Reading> readings = new HashMap<>(partial ? memory.arrived() : Map.of());
    for (var entry : sample.arrived().entrySet()) {
      readings.put(entry.getKey(), new Reading(entry.getValue(), sample.takenAt()));
    }
    return readings;
  }

  /** The rate of a usual encoder, by what all have done in the time that it takes. */
  private static Learned learnLaw(
      List<EncoderTotals> looks, ScalerMemory memory, CostFit fit, double elapsed) {
    double overhead = fit.overhead(overhead(memory), elapsed);
    double busy = 0;
    double work = 0;
    for (EncoderTotals done : looks) {
      if (done.tells()) {
        busy += done.busySeconds();
        work += fit.work(done.done(), overhead);
      }
    }
    if (busy <= 0) {
      return memory.learned();
    }
    double measured = work / busy;
    double old = memory.learned().patchesPerSecond();
    double next = old > 0 ? old + (1 - Math.exp(-busy / RATE_SPAN)) * (measured - old) : measured;
    return memory.learned().withLaw(next, overhead);
  }

  /** A pod seen starting and now ready shows how long a start takes. */
  private static ScalerMemory learnStarts(PoolState pool, ScalerMemory memory, Instant now) {
    Learned learned = memory.learned();
    Set<String> starting = memory.starting().names();
    for (Replica replica : pool.replicas()) {
      if (replica.phase() == Phase.READY && starting.contains(replica.name())) {
        learned = learned.withStart(replica.age());
      }
    }
    return new ScalerMemory(
        memory.takenOverAt(),
        learned,
        memory.lastSampleAt(),
        memory.averages(),
        memory.arrived(),
        memory.encoders(),
        memory.starting().with(pool, now),
        memory.lastWorkAt(),
        memory.history(),
        memory.peaks(),
        memory.needs(),
        memory.regret(),
        memory.course(),
        memory.busy(),
        memory.fit().with(memory.fit().speeds().in(pool)));
  }
}

package dev.epd.simulator;

import dev.epd.simulator.Outcome.Timeline;
import dev.epd.simulator.trace.Trace;

/** Runs a policy over a trace: one look a second, every image with its own start in between. */
public final class Simulator {
  /** Longest time between an image at an empty pool and the look that it causes, in seconds. */
  private static final double WAKE = 0.05;

  private static final double REVERSAL_WINDOW = 300;

  private Simulator() {}

  /** The outcome of one policy; the policy must be new. */
  public static Outcome run(Trace trace, Setup setup, Policy policy) {
    Pool pool = new Pool(trace, setup);
    Tally tally = new Tally(trace, setup);
    int seconds = (int) Math.ceil(trace.seconds());
    for (int second = 1; second <= seconds; second++) {
      if (pool.wanted() == 0 && policy.wakesAtOnce()) {
        double next = trace.nextAfter(pool.arrivedRequests());
        if (next + WAKE < second) {
          pool.advance(next + WAKE);
          tally.look(pool, policy);
        }
      }
      pool.advance(second);
      tally.look(pool, policy);
      tally.note(pool, second);
    }
    pool.end();
    return tally.outcome(pool, policy);
  }

  private static final class Tally {
    private final Setup setup;
    private final double eventAt;
    private final int need;
    private final Timeline timeline;
    private double toCapacity;
    private int peak;
    private int actions;
    private int reversals;
    private int reversalsAfterEvent;
    private int lastDirection;
    private double lastChange = Double.NEGATIVE_INFINITY;
    private double patchesBefore;

    Tally(Trace trace, Setup setup) {
      this.setup = setup;
      this.eventAt = trace.eventAt();
      this.need = trace.needAfterEvent(setup.law());
      this.toCapacity = Double.isNaN(eventAt) ? Double.NaN : Double.POSITIVE_INFINITY;
      int seconds = (int) Math.ceil(trace.seconds());
      this.timeline = new Timeline(new short[seconds], new short[seconds], new float[seconds]);
    }

    void look(Pool pool, Policy policy) {
      int before = pool.wanted();
      int after = Math.clamp(policy.decide(pool), setup.min(), setup.max());
      if (after == before) {
        return;
      }
      pool.scale(after);
      actions++;
      int direction = Integer.signum(after - before);
      if (direction == -lastDirection && pool.now() - lastChange <= REVERSAL_WINDOW) {
        reversals++;
        if (pool.now() >= eventAt && pool.now() <= eventAt + REVERSAL_WINDOW) {
          reversalsAfterEvent++;
        }
      }
      lastDirection = direction;
      lastChange = pool.now();
    }

    void note(Pool pool, int second) {
      int ready = pool.ready();
      timeline.wanted()[second - 1] = (short) pool.wanted();
      timeline.ready()[second - 1] = (short) ready;
      timeline.work()[second - 1] =
          (float) ((pool.arrivedPatches() - patchesBefore) / setup.law().patchesPerSecond());
      patchesBefore = pool.arrivedPatches();
      if (Double.isNaN(eventAt) || second >= eventAt) {
        peak = Math.max(peak, pool.wanted());
      }
      if (second >= eventAt && toCapacity == Double.POSITIVE_INFINITY && ready >= need) {
        toCapacity = second - eventAt;
      }
    }

    Outcome outcome(Pool pool, Policy policy) {
      return new Outcome(
          policy.name(),
          pool.waits().attainment(),
          pool.billedSeconds(),
          pool.waits().total(),
          pool.waits().quantile(0.99),
          toCapacity,
          peak,
          actions,
          reversals,
          reversalsAfterEvent,
          timeline);
    }
  }
}

package dev.epd.simulator.plan;

import dev.epd.simulator.Comparison;
import dev.epd.simulator.Outcome;
import dev.epd.simulator.ServiceLaw;
import dev.epd.simulator.Setup;
import dev.epd.simulator.Simulator;
import dev.epd.simulator.policy.Fixed;
import dev.epd.simulator.trace.Trace;

/**
 * The fewest pods of one stage with which enough of its work waits no longer than it may.
 *
 * @param pods fixed number of pods
 * @param utilization share of their time that they work
 * @param p99Wait seconds that 99 % of the work did not wait longer than
 * @param service mean seconds of work per request of this stage
 */
record Sizing(int pods, double utilization, double p99Wait, double service) {
  private static final int MOST = 100_000;

  /** Of how much may wait how long. */
  record Objective(double waitSeconds, double share) {
    Objective {
      if (!(waitSeconds > 0) || !(share > 0.5 && share < 1)) {
        throw new IllegalArgumentException("wait must be above 0 and share between 0.5 and 1");
      }
    }
  }

  static Sizing of(Trace trace, Stage stage, Profile profile, Objective objective) {
    ServiceLaw law = stage.law(profile);
    int each = stage.serversPerPod(profile);
    double work = 0;
    for (int i = 0; i < trace.size(); i++) {
      work += trace.images(i) * law.seconds(trace.patches(i));
    }
    if (work == 0) {
      return new Sizing(0, 0, 0, 0);
    }
    int low = (int) Math.max(1, Math.floor(work / trace.seconds() / each));
    int high = low;
    while (!run(trace, law, high * each, objective).isMet(objective)) {
      low = high + 1;
      high *= 2;
      if (high > MOST) {
        throw new IllegalArgumentException(
            "no number of %s pods up to %d lets %.0f %% of the work wait no longer than %s s"
                .formatted(stage.label(), MOST, 100 * objective.share(), objective.waitSeconds()));
      }
    }
    while (low < high) {
      int middle = (low + high) / 2;
      if (run(trace, law, middle * each, objective).isMet(objective)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    Run last = run(trace, law, high * each, objective);
    return new Sizing(
        high,
        work / (trace.seconds() * high * each),
        last.outcome().p99Wait(),
        work / trace.size());
  }

  /**
   * By how much the work may grow before these pods are too few: 1.2 is by a fifth. Looked for in
   * steps of a twentieth, up to fourfold.
   */
  static double headroom(Trace trace, Stage stage, Profile profile, Objective objective, int pods) {
    double carried = 1;
    while (carried < 4) {
      double next = carried + 0.05;
      Profile slower = profile.times(1 / next);
      int servers = pods * stage.serversPerPod(profile);
      if (!run(trace, stage.law(slower), servers, objective).isMet(objective)) {
        return carried;
      }
      carried = next;
    }
    return carried;
  }

  private record Run(Outcome outcome) {
    boolean isMet(Objective objective) {
      return outcome.attainment() >= objective.share();
    }
  }

  private static Run run(Trace trace, ServiceLaw law, int servers, Objective objective) {
    Setup setup = new Setup(law, 0, objective.waitSeconds(), servers, servers, servers);
    return new Run(Simulator.run(trace, setup, new Fixed("fixed", servers)));
  }

  /**
   * Encoders that the autoscaler would have, in the mean, with its share of work in time.
   *
   * @param startupSeconds of an encoder pod
   */
  record Scaled(double mean, double attainment) {
    static Scaled of(
        Trace trace, Profile profile, Objective objective, double startupSeconds, int most) {
      int max = Math.max(2, 2 * most);
      Setup setup =
          new Setup(profile.encoder(), startupSeconds, objective.waitSeconds(), 1, max, 1);
      Outcome outcome = Simulator.run(trace, setup, Comparison.ours(objective.waitSeconds()));
      return new Scaled(outcome.gpuSeconds() / trace.seconds(), outcome.attainment());
    }
  }
}

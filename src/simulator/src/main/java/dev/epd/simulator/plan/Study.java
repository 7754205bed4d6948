package dev.epd.simulator.plan;

import dev.epd.simulator.plan.Sizing.Objective;
import dev.epd.simulator.trace.Trace;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;

/** The sizes of all stages, over seeds and over what service times might really be. */
record Study(Workload workload, Profile profile, Objective objective, long[] seeds) {
  /** How far service times may be off. */
  static final double ERROR = 0.3;

  Study {
    seeds = seeds.clone();
  }

  @Override
  public long[] seeds() {
    return seeds.clone();
  }

  /**
   * What a stage needs.
   *
   * @param typical for the seed that needs the most
   * @param least for the easiest seed on pods that are faster by the error
   * @param most for the hardest seed on pods that are slower by it
   * @param fewest for the easiest seed at the speed as given
   * @param headroom by how much the work of the hardest seed may grow before a pod is missing
   */
  record Need(Sizing typical, int least, int most, int fewest, double headroom) {
    /** Whether the answer is the same whatever is drawn and however fast the pods are. */
    boolean isSure() {
      return most - least <= Math.max(1, typical.pods() / 4);
    }
  }

  /** With that many times the images. */
  Map<Stage, Need> needs(int times) throws IOException {
    Map<Stage, Need> needs = new EnumMap<>(Stage.class);
    for (Stage stage : Stage.values()) {
      Sizing worst = null;
      double headroom = Double.POSITIVE_INFINITY;
      int fewest = Integer.MAX_VALUE;
      int least = Integer.MAX_VALUE;
      int most = 0;
      for (long seed : seeds) {
        Trace trace = workload.trace(stage, seed, times);
        Sizing sizing = Sizing.of(trace, stage, profile, objective);
        if (worst == null || sizing.pods() > worst.pods()) {
          worst = sizing;
          headroom =
              sizing.pods() == 0
                  ? Double.POSITIVE_INFINITY
                  : Sizing.headroom(trace, stage, profile, objective, sizing.pods());
        }
        fewest = Math.min(fewest, sizing.pods());
        least =
            Math.min(least, Sizing.of(trace, stage, profile.times(1 + ERROR), objective).pods());
        most = Math.max(most, Sizing.of(trace, stage, profile.times(1 - ERROR), objective).pods());
      }
      if (worst == null) {
        throw new IllegalArgumentException("at least one seed is needed");
      }
      needs.put(stage, new Need(worst, least, most, fewest, headroom));
    }
    return needs;
  }
}

package dev.epd.simulator.policy;

import dev.epd.simulator.Policy;
import dev.epd.simulator.ServiceLaw;
import dev.epd.simulator.View;

/**
 * The load-based rule of NVIDIA Dynamo's planner, applied to encoders: every 5 s one more if every
 * engine is estimated to miss its target, one fewer if each stays below 80 % of it with one engine
 * gone; nothing while a change is under way.
 *
 * <p>ai-dynamo/dynamo components/src/dynamo/planner: core/load_scaling.py and config/defaults.py
 * (load_adjustment_interval 5, load_scaling_down_sensitivity 80), with the wait for an encoder in
 * the place of the time to the first token. Its regression is given the true service law. (Its
 * planner for encoders plans from the request rate of 180 s alone and has no load-based rule.)
 */
public final class DynamoPlanner implements Policy {
  private static final double INTERVAL = 5;
  private static final double SENSITIVITY = 0.8;

  private final ServiceLaw law;
  private final double target;
  private double next = INTERVAL;

  /**
   * A planner.
   *
   * @param target seconds that an image may take to be encoded, waiting included
   */
  public DynamoPlanner(ServiceLaw law, double target) {
    this.law = law;
    this.target = target;
  }

  @Override
  public String name() {
    return "dynamo";
  }

  @Override
  public int decide(View pool) {
    if (pool.now() < next) {
      return pool.wanted();
    }
    next = pool.now() + INTERVAL;
    boolean pending = pool.starting() > 0 || pool.ready() != pool.wanted();
    if (pending || pool.ready() == 0) {
      return pool.wanted();
    }
    double work =
        pool.queuedImages() * law.overheadSeconds()
            + (pool.queuedPatches() + pool.patchesInService()) / law.patchesPerSecond();
    int n = pool.ready();
    if (work / n > target) {
      return n + 1;
    }
    return n > 1 && work / (n - 1) < SENSITIVITY * target ? n - 1 : n;
  }
}

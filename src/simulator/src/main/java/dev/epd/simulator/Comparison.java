package dev.epd.simulator;

import dev.epd.autoscaler.PolicySettings;
import dev.epd.simulator.policy.AibrixApa;
import dev.epd.simulator.policy.DynamoPlanner;
import dev.epd.simulator.policy.Fixed;
import dev.epd.simulator.policy.Hpa;
import dev.epd.simulator.policy.Keda;
import dev.epd.simulator.policy.Kpa;
import dev.epd.simulator.policy.Ours;
import dev.epd.simulator.policy.Window;
import dev.epd.simulator.trace.Trace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Every policy on one trace, with the same service law, start-up time, deadline and limits.
 *
 * <p>Targets of the peers are set as a user who knows the load well would: one image in the system
 * per pod for queues (an encoder takes one at a time), 70 % of a pod's capacity for rates, with the
 * mean seconds per image of the trace (before its event, if it has one), half of the deadline for
 * latencies. All get at most a quarter more replicas than the optimum's peak, the quota that
 * somebody who knows the peak would set.
 *
 * @param optimum what the one who knows the future pays
 * @param outcomes one for each policy, ours first
 */
public record Comparison(
    String trace, long seed, Setup setup, Optimum optimum, int need, List<Outcome> outcomes) {
  /** Name of our own row. */
  public static final String OURS = "epd";

  private static final double QUOTA = 1.25;

  /** Settings of ours: the defaults, with the deadline that all have as the target wait. */
  public static PolicySettings settings(double deadlineSeconds) {
    PolicySettings defaults = PolicySettings.DEFAULT;
    return new PolicySettings(
        defaults.mode(),
        Duration.ofNanos(Math.round(deadlineSeconds * 1e9)),
        defaults.scaleDownAfter(),
        defaults.interval());
  }

  /** Ours with those settings, new. */
  public static Policy ours(double deadlineSeconds) {
    return new Ours(OURS, settings(deadlineSeconds));
  }

  /**
   * Limits for a trace: at least one replica, at most the quota, a beginning that fits the load.
   */
  public static Setup setup(Trace trace, ServiceLaw law, double startup, double deadline) {
    Setup open = new Setup(law, startup, deadline, 1, Integer.MAX_VALUE, 1);
    Optimum optimum = Optimum.of(trace, open);
    int first = 1;
    for (int t = 0; t < Math.min(10, optimum.demand().length); t++) {
      first = Math.max(first, optimum.demand()[t]);
    }
    int max = Math.max(2, (int) Math.ceil(QUOTA * optimum.peak()));
    return new Setup(law, startup, deadline, 1, max, Math.min(first, max));
  }

  /** Runs all policies. */
  public static Comparison of(Trace trace, long seed, Setup setup) {
    Optimum optimum = Optimum.of(trace, setup);
    List<Outcome> outcomes = new ArrayList<>();
    for (Policy policy : policies(trace, setup, optimum)) {
      outcomes.add(Simulator.run(trace, setup, policy));
    }
    return new Comparison(
        trace.name(), seed, setup, optimum, trace.needAfterEvent(setup.law()), outcomes);
  }

  private static List<Policy> policies(Trace trace, Setup setup, Optimum optimum) {
    double perImage = trace.meanSeconds(setup.law());
    Window rate = new Window(60);
    return List.of(
        ours(setup.deadlineSeconds()),
        new Hpa("hpa-queue", 1, View::imagesInSystem, 15),
        new Hpa(
            "hpa-rate",
            0.7 / perImage,
            pool -> {
              rate.add(pool.now(), pool.arrivedImages());
              return rate.rate();
            },
            15),
        new Keda(1),
        new Kpa(),
        new DynamoPlanner(setup.law(), setup.deadlineSeconds() / 2),
        new AibrixApa(0.7),
        new Fixed("static-peak", optimum.peak()));
  }
}

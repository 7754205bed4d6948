package dev.epd.simulator.policy;

import dev.epd.simulator.Policy;
import dev.epd.simulator.View;

/**
 * Knative's pod autoscaler on concurrency, for pods that take one image at a time.
 *
 * <p>knative/serving pkg/autoscaler/scaling/autoscaler.go and
 * config/core/configmaps/autoscaler.yaml: every 2 s {@code ceil(average concurrency / target)} over
 * 60 s, and over 6 s in panic; panic begins when the short window wants twice the ready pods, ends
 * 60 s after it last did, and never scales down; at most ×1000 up and ÷2 down per step; target 70
 * %; the last pod goes 30 s after the stable window has emptied.
 */
public final class Kpa implements Policy {
  private static final double TICK = 2;
  private static final double STABLE = 60;
  private static final double PANIC = 6;
  private static final double PANIC_THRESHOLD = 2;
  private static final double MAX_UP = 1000;
  private static final double MAX_DOWN = 2;
  private static final double GRACE = 30;

  private final double target;
  private final Window stable = new Window(STABLE);
  private final Window panic = new Window(PANIC);
  private double nextTick = TICK;
  private double panicSince = Double.NaN;
  private int panicPods;
  private double zeroSince = Double.NaN;

  /** The default: 70 % of a container concurrency of one. */
  public Kpa() {
    this(0.7);
  }

  Kpa(double target) {
    this.target = target;
  }

  @Override
  public String name() {
    return "knative-kpa";
  }

  @Override
  public boolean wakesAtOnce() {
    // The activator holds the request and pokes the autoscaler.
    return true;
  }

  @Override
  public int decide(View pool) {
    double now = pool.now();
    double concurrency = pool.queuedImages() + pool.imagesInService();
    stable.add(now, concurrency);
    panic.add(now, concurrency);
    if (pool.wanted() == 0) {
      return concurrency > 0 ? 1 : 0;
    }
    if (now < nextTick) {
      return pool.wanted();
    }
    nextTick = now + TICK;
    int ready = Math.max(1, pool.ready());
    double up = Math.ceil(MAX_UP * ready);
    double down = Math.floor(ready / MAX_DOWN);
    double wantStable = Math.ceil(stable.mean() / target);
    double wantPanic = Math.ceil(panic.mean() / target);
    int desiredStable = (int) Math.min(Math.max(wantStable, down), up);
    int desiredPanic = (int) Math.min(Math.max(wantPanic, down), up);
    boolean over = wantPanic / ready >= PANIC_THRESHOLD;
    if (over) {
      panicSince = now;
    } else if (!Double.isNaN(panicSince) && panicSince + STABLE < now) {
      panicSince = Double.NaN;
      panicPods = 0;
    }
    int desired = desiredStable;
    if (!Double.isNaN(panicSince)) {
      panicPods = Math.max(panicPods, desiredPanic);
      desired = panicPods;
    }
    return orLast(pool, desired, wantStable);
  }

  private int orLast(View pool, int desired, double wantStable) {
    if (desired > 0 && wantStable > 0) {
      zeroSince = Double.NaN;
      return desired;
    }
    if (Double.isNaN(zeroSince)) {
      zeroSince = pool.now();
    }
    return pool.now() - zeroSince < GRACE ? Math.max(1, desired) : desired;
  }
}

package dev.epd.simulator.policy;

import dev.epd.simulator.Policy;
import dev.epd.simulator.View;

/**
 * AIBrix' application-specific pod autoscaler on the images that each pod has or will get.
 *
 * <p>vllm-project/aibrix pkg/controller/podautoscaler: algorithm/apa.go (outside of ±10 % of the
 * target {@code ceil(pods × use / target)}, at most ×2 up and ÷2 down), context/context.go
 * (defaults; 300 s cool-down before a scale-down), reconcile every 10 s; the metric is the mean of
 * a 60 s window.
 */
public final class AibrixApa implements Policy {
  private static final double RECONCILE = 10;
  private static final double TOLERANCE = 0.1;
  private static final double RATE = 2;
  private static final double COOLDOWN = 300;

  private final double target;
  private final Window recommendations = new Window(COOLDOWN);
  private final Window use = new Window(60);
  private double next = RECONCILE;

  /**
   * An autoscaler.
   *
   * @param target images per pod, waiting or being encoded
   */
  public AibrixApa(double target) {
    this.target = target;
  }

  @Override
  public String name() {
    return "aibrix-apa";
  }

  @Override
  public int decide(View pool) {
    use.add(pool.now(), pool.queuedImages() + pool.imagesInService());
    if (pool.now() < next) {
      return pool.wanted();
    }
    next += RECONCILE;
    int pods = Math.max(1, pool.wanted());
    double perPod = use.mean() / pods / target;
    int desired = pods;
    if (perPod > 1 + TOLERANCE) {
      desired = (int) Math.min(Math.ceil(pods * perPod), Math.ceil(RATE * pods));
    } else if (perPod < 1 - TOLERANCE) {
      desired = (int) Math.max(Math.ceil(pods * perPod), Math.floor(pods / RATE));
    }
    recommendations.add(pool.now(), desired);
    return desired < pool.wanted() ? Math.min(pool.wanted(), (int) recommendations.max()) : desired;
  }
}

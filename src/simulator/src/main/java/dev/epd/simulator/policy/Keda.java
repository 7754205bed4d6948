package dev.epd.simulator.policy;

import dev.epd.simulator.Policy;
import dev.epd.simulator.View;

/**
 * KEDA on the queue's length: between 1 and n it is an HPA whose metric is read at the sync;
 * between 0 and 1 it polls by itself every 30 s and lets go after 300 s without work.
 *
 * <p>kedacore/keda-docs, concepts/scaling-deployments and reference/scaledobject-spec (2.18):
 * pollingInterval 30, cooldownPeriod 300, activation above 0.
 */
public final class Keda implements Policy {
  private static final double POLL = 30;
  private static final double COOLDOWN = 300;

  private final Hpa hpa;
  private double nextPoll = POLL;
  private double lastActive;

  /**
   * A ScaledObject.
   *
   * @param target images per pod, waiting or being encoded
   */
  public Keda(double target) {
    this.hpa = new Hpa("keda", target, View::imagesInSystem, 0);
  }

  @Override
  public String name() {
    return "keda";
  }

  @Override
  public int decide(View pool) {
    boolean poll = pool.now() >= nextPoll;
    if (poll) {
      nextPoll += POLL;
      if (pool.imagesInSystem() > 0) {
        lastActive = pool.now();
      }
    }
    int byHpa = hpa.decide(pool);
    if (pool.wanted() == 0) {
      return poll && pool.imagesInSystem() > 0 ? 1 : 0;
    }
    boolean over = poll && pool.now() - lastActive >= COOLDOWN;
    return over && pool.min() == 0 ? 0 : byHpa;
  }
}

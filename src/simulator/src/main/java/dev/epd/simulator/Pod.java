package dev.epd.simulator;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.Mix;

/** One encoder of a simulated pool: encodes one image at a time. */
public final class Pod {
  private final String name;
  private final int node;
  private final double speed;
  private final double createdAt;
  private final double readyAt;
  double freeAt;
  double endsAt = Double.POSITIVE_INFINITY;
  private double busy;
  private final Mix.Builder done = new Mix.Builder();
  private double lastSeconds;
  private int lastPatches;
  private boolean lastIsDone = true;

  Pod(String name, int node, double speed, double createdAt, double readyAt) {
    this.name = name;
    this.node = node;
    this.speed = speed;
    this.createdAt = createdAt;
    this.readyAt = readyAt;
    this.freeAt = readyAt;
  }

  void encode(double start, double nominal, int work) {
    double seconds = nominal / speed;
    freeAt = start + seconds;
    finishLast();
    busy += seconds;
    lastSeconds = seconds;
    lastPatches = work;
    lastIsDone = false;
  }

  /** Unique in its pool. */
  public String name() {
    return name;
  }

  int node() {
    return node;
  }

  /** When it was created, in seconds of the trace. */
  public double createdAt() {
    return createdAt;
  }

  /** Whether it takes or took work at a time. */
  public boolean isReady(double now) {
    return readyAt <= now;
  }

  /** Whether it is being deleted. */
  public boolean isDraining() {
    return endsAt < Double.POSITIVE_INFINITY;
  }

  /** Whether it encodes at a time that is not before its last start. */
  public boolean isBusy(double now) {
    return lastSeconds > 0 && freeAt > now;
  }

  /** Patches of the image that it encodes at a time. */
  public int patchesInService(double now) {
    return isBusy(now) ? lastPatches : 0;
  }

  /** What is done; an encoder counts an image when it has finished it. */
  public EncoderTotals totals(double now) {
    if (isBusy(now)) {
      return new EncoderTotals(busy - lastSeconds, done.build());
    }
    finishLast();
    return new EncoderTotals(busy, done.build());
  }

  private void finishLast() {
    if (!lastIsDone) {
      done.add(Mix.sizeOf(lastPatches), 1, lastPatches);
      lastIsDone = true;
    }
  }
}

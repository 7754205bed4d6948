package dev.epd.simulator.trace;

import dev.epd.simulator.ServiceLaw;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** The requests with images of one trace, by time; small enough for tens of millions of them. */
public final class Trace {
  private static final double TICK = 1e-4;

  private final String name;
  private final double seconds;
  private final double eventAt;
  private final int size;
  private final int[] ticks;
  private final int[] images;
  private final int[] patches;

  private Trace(Builder from, double seconds, double eventAt) {
    this.name = from.name;
    this.seconds = seconds;
    this.eventAt = eventAt;
    this.size = from.size;
    this.ticks = from.ticks;
    this.images = from.images;
    this.patches = from.patches;
  }

  /** Name in reports. */
  public String name() {
    return name;
  }

  /** Length in seconds. */
  public double seconds() {
    return seconds;
  }

  /** When the load changes for good; NaN if it does not. */
  public double eventAt() {
    return eventAt;
  }

  /** Number of requests with images. */
  public int size() {
    return size;
  }

  /** When a request arrives, in seconds to a tenth of a millisecond. */
  public double at(int request) {
    return ticks[request] * TICK;
  }

  /** Its images. */
  public int images(int request) {
    return images[request];
  }

  /** Patches of each of its images; 0 = cached. */
  public int patches(int request) {
    return patches[request];
  }

  /** When the request after the first {@code count} ones arrives; infinite after the last. */
  public double nextAfter(long count) {
    return count < size ? at((int) count) : Double.POSITIVE_INFINITY;
  }

  /** Mean seconds of encoding per image before the event, cache hits included. */
  public double meanSeconds(ServiceLaw law) {
    long count = 0;
    double sum = 0;
    for (int i = 0; i < size && !(at(i) >= eventAt); i++) {
      count += images[i];
      sum += images[i] * law.seconds(patches[i]);
    }
    return count == 0 ? law.seconds(1) : sum / count;
  }

  /** Work that arrives in each bin of the given width, in seconds of one encoder. */
  public double[] work(ServiceLaw law, double bin) {
    double[] work = new double[(int) Math.ceil(seconds / bin) + 1];
    for (int i = 0; i < size; i++) {
      work[(int) Math.min(work.length - 1, at(i) / bin)] += images[i] * law.seconds(patches[i]);
    }
    return work;
  }

  /** Replicas that carry the mean load after the event; 0 without one. */
  public int needAfterEvent(ServiceLaw law) {
    if (Double.isNaN(eventAt)) {
      return 0;
    }
    double sum = 0;
    for (int i = size - 1; i >= 0 && at(i) >= eventAt; i--) {
      sum += images[i] * law.seconds(patches[i]);
    }
    return (int) Math.ceil(sum / (seconds - eventAt));
  }

  /** The same requests with images of other sizes; cached ones stay so. */
  public Trace resized(IntUnaryOperator size) {
    Builder from = new Builder(name);
    for (int i = 0; i < this.size; i++) {
      from.accept(at(i), images[i], patches[i] == 0 ? 0 : size.applyAsInt(patches[i]), 0, 0);
    }
    return from.build(seconds, eventAt);
  }

  /** Collects requests; text-only ones are left out. */
  public static final class Builder implements Requests {
    private final String name;
    private int size;
    private int[] ticks = new int[1024];
    private int[] images = new int[1024];
    private int[] patches = new int[1024];

    /** An empty trace. */
    public Builder(String name) {
      this.name = name;
    }

    @Override
    public void accept(double seconds, int count, int each, int textTokens, int outputTokens) {
      if (count <= 0) {
        return;
      }
      int tick = (int) Math.round(seconds / TICK);
      if (size > 0 && tick < ticks[size - 1]) {
        throw new IllegalArgumentException(
            "requests must come in order of time: %s after %s"
                .formatted(seconds, ticks[size - 1] * TICK));
      }
      if (size == ticks.length) {
        int more = size + size / 2;
        ticks = Arrays.copyOf(ticks, more);
        images = Arrays.copyOf(images, more);
        patches = Arrays.copyOf(patches, more);
      }
      ticks[size] = tick;
      images[size] = count;
      patches[size++] = each;
    }

    /** The trace so far. */
    public Trace build(double seconds, double eventAt) {
      return new Trace(this, seconds, eventAt);
    }
  }
}

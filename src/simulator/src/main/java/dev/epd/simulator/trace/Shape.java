package dev.epd.simulator.trace;

import java.util.Arrays;

/**
 * A load of a simple form: requests of one image at a rate that changes with time.
 *
 * @param load what arrives, as a function of the second
 * @param eventAt when it changes for good; NaN if it does not
 */
public record Shape(String name, double seconds, double eventAt, Load load) implements Source {
  private static final int TEXT = 106;
  private static final int OUTPUT = 100;

  /**
   * The load of one second.
   *
   * @param imagesPerSecond mean of a Poisson process
   * @param size factor on the size of every image
   * @param hits share of the images whose encoding is cached
   * @param crowd images of one more request in that second
   */
  public record Second(double imagesPerSecond, double size, double hits, int crowd) {
    static Second of(double rate) {
      return new Second(rate, 1, 0, 0);
    }
  }

  /** Gives each second's load; {@code variant} is drawn once per seed, uniform in [0, 1). */
  @FunctionalInterface
  public interface Load {
    /** The load from {@code second} on. */
    Second at(int second, double variant);
  }

  /** Images a second that keep one encoder of the default law busy, at ServeGen's sizes. */
  public static final double ONE = 26;

  /** Load times four, for good. */
  public static Shape step() {
    return new Shape("step", 3600, 1200, (s, v) -> Second.of(ONE * (s < 1200 ? 3.5 : 14)));
  }

  /** From 2 encoders' work to 16 in twenty minutes. */
  public static Shape ramp() {
    return new Shape(
        "ramp",
        5400,
        Double.NaN,
        (s, v) -> Second.of(ONE * (2 + 14 * Math.clamp((s - 1200) / 1200.0, 0, 1))));
  }

  /** Six times the load for twenty seconds. */
  public static Shape spike() {
    return new Shape(
        "spike",
        3600,
        Double.NaN,
        (s, v) -> {
          double since = s - 1800 - Math.floor(300 * v);
          return Second.of(ONE * (since >= 0 && since < 20 ? 24 : 4));
        });
  }

  /** Five minutes of work for ten, five of work for one, in turn. */
  public static Shape onOff() {
    return new Shape(
        "onoff",
        7200,
        Double.NaN,
        (s, v) -> Second.of(ONE * ((s + (int) (600 * v)) % 600 < 300 ? 10 : 1)));
  }

  /** A thousand images in one request. */
  public static Shape flashCrowd() {
    return new Shape(
        "flash",
        3600,
        Double.NaN,
        (s, v) -> new Second(ONE * 4, 1, 0, s == 1800 + (int) (300 * v) ? 1000 : 0));
  }

  /** Images four times as large at the same number of requests. */
  public static Shape sizeShift() {
    return new Shape(
        "sizeshift", 3600, 1200, (s, v) -> new Second(ONE * 3.5, s < 1200 ? 1 : 4, 0, 0));
  }

  /** Three of four images are cached, then none is. */
  public static Shape cacheCollapse() {
    return new Shape(
        "cachecollapse", 3600, 1200, (s, v) -> new Second(ONE * 14, 1, s < 1200 ? 0.75 : 0, 0));
  }

  @Override
  public void emit(long seed, Requests out) {
    Draw draw = new Draw(seed);
    Pmf tokens = Pooled.IMAGE_TOKENS;
    double variant = draw.uniform();
    for (int second = 0; second < seconds; second++) {
      Second now = load.at(second, variant);
      double[] times = new double[draw.poisson(now.imagesPerSecond())];
      for (int i = 0; i < times.length; i++) {
        times[i] = second + draw.uniform();
      }
      Arrays.sort(times);
      if (now.crowd() > 0) {
        out.accept(second, now.crowd(), (int) (4 * tokens.mean()), TEXT, OUTPUT);
      }
      for (double time : times) {
        boolean hit = now.hits() > 0 && draw.uniform() < now.hits();
        out.accept(time, 1, hit ? 0 : size(now, tokens, draw), TEXT, OUTPUT);
      }
    }
  }

  private static int size(Second now, Pmf tokens, Draw draw) {
    return (int) Math.max(1, 4 * tokens.draw(draw) * now.size());
  }

  /** Read on first use. */
  private static final class Pooled {
    static final Pmf IMAGE_TOKENS = ServeGenData.bundled().pooledImageTokens();
  }
}

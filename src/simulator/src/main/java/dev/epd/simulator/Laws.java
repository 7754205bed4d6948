package dev.epd.simulator;

import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.simulator.Trials.Figures;
import dev.epd.simulator.policy.Ours;
import dev.epd.simulator.trace.Source;
import dev.epd.simulator.trace.Sources;
import dev.epd.simulator.trace.Trace;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;

/**
 * What a finer service law than the product's would be worth: the product's decision, which learns
 * one law of overhead and patches for a pool, against the same decision that is told what no law
 * could know better.
 */
public final class Laws {
  private static final double STARTUP = 30;
  private static final double DEADLINE = 2;

  /** Attention over all patches of a transformer 1,280 wide. */
  private static final ServiceLaw ATTENTION = new ServiceLaw(0.002, 60_000, 6 * 1280);

  private Laws() {}

  /** The product's decision, and the same with more knowledge. */
  public record Gain(Figures ours, Figures told) {}

  /**
   * Where an image's time grows with the square of its size: told the true cost of each image, as
   * if there were a bucket for every size and all were known from the start.
   */
  public static Gain perSize(Source source, long seed) {
    Trace trace = source.trace(seed);
    ServiceLaw exact = new ServiceLaw(0, ATTENTION.patchesPerSecond());
    Trace told = trace.resized(p -> (int) Math.max(1, Math.round(ATTENTION.seconds(p) * 60_000)));
    return new Gain(figures(trace, ATTENTION), figures(told, exact));
  }

  /** Pods of the same pool on unlike hardware. */
  public enum Hardware {
    ALIKE,
    /** A fifth apart, as one model of GPU is from node to node. */
    SPREAD,
    /** Two models of GPU, one twice as fast. */
    TWO_KINDS,
    /** One in ten at a quarter of the speed. */
    STRAGGLERS;

    IntToDoubleFunction speeds(long seed) {
      return pod -> {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + pod);
        return switch (this) {
          case ALIKE -> 1;
          case SPREAD -> Math.exp(0.2 * random.nextGaussian() - 0.02);
          case TWO_KINDS -> random.nextBoolean() ? 4.0 / 3 : 2.0 / 3;
          case STRAGGLERS -> random.nextInt(10) == 0 ? 0.25 : 0.975 / 0.9;
        };
      };
    }
  }

  /**
   * Where replicas are unlike, with and without the slow ones going first.
   *
   * @param owned whether nodes are twice as many as the pool may take, and taken again and again;
   *     else each new pod gets a new one
   */
  public static Figures perReplica(
      Source source,
      long seed,
      Hardware hardware,
      boolean owned,
      boolean told,
      boolean slowGoFirst) {
    Trace trace = source.trace(seed);
    IntToDoubleFunction speeds = hardware.speeds(seed);
    Setup alike = Comparison.setup(trace, ServiceLaw.DEFAULT, STARTUP, DEADLINE);
    int nodes = owned ? 2 * alike.max() : Integer.MAX_VALUE;
    Ours ours =
        new Ours(
            "epd",
            Comparison.settings(DEADLINE),
            1,
            1,
            told ? new Told(speeds) : UnaryOperator.identity());
    return figures(trace, alike.on(new Fleet(nodes, speeds, seed, slowGoFirst)), ours);
  }

  /** Replaces what encoders report by what the mean of them all would. */
  private static final class Told implements UnaryOperator<LoadSample> {
    private final IntToDoubleFunction speeds;
    private Map<String, EncoderTotals> before = Map.of();
    private Map<String, EncoderTotals> reported = Map.of();

    Told(IntToDoubleFunction speeds) {
      this.speeds = speeds;
    }

    @Override
    public LoadSample apply(LoadSample seen) {
      double sum = 0;
      for (String name : seen.encoders().keySet()) {
        sum += speeds.applyAsDouble(Integer.parseInt(name.substring(name.indexOf('-') + 1)));
      }
      double mean = sum / seen.encoders().size();
      Map<String, EncoderTotals> next = new HashMap<>();
      seen.encoders()
          .forEach(
              (name, now) -> {
                EncoderTotals was = before.getOrDefault(name, new EncoderTotals(0, 0, 0));
                EncoderTotals said = reported.getOrDefault(name, new EncoderTotals(0, 0, 0));
                double work =
                    (now.images() - was.images()) * ServiceLaw.DEFAULT.overheadSeconds()
                        + (now.patches() - was.patches()) / ServiceLaw.DEFAULT.patchesPerSecond();
                next.put(
                    name,
                    new EncoderTotals(
                        said.busySeconds() + work / mean, now.patches(), now.images()));
              });
      before = seen.encoders();
      reported = next;
      return new LoadSample(
          seen.takenAt(),
          seen.gatewaysExpected(),
          seen.gatewaysAnswered(),
          seen.queuedImages(),
          seen.queuedPatches(),
          seen.outstandingPatches(),
          seen.oldestWaitSeconds(),
          seen.arrivedPatches(),
          seen.arrivedImages(),
          next,
          seen.blocked(),
          seen.holding(),
          seen.encodersSilent());
    }
  }

  public static void main(String[] a) {
    java.util.stream.IntStream.rangeClosed(1, 3)
        .parallel()
        .forEach(
            seed -> {
              for (Source s :
                  java.util.List.of(
                      Sources.named("servegen"),
                      Sources.named("azure"),
                      Sources.named("step"),
                      Sources.named("ramp"),
                      Sources.named("onoff"),
                      Sources.named("sizeshift"))) {
                for (Hardware h : Hardware.values()) {
                  StringBuilder b = new StringBuilder();
                  for (int k = 0; k < 4; k++) {
                    Figures f = perReplica(s, seed, h, (k & 2) > 0, false, (k & 1) > 0);
                    b.append("  %8.3f %.3f".formatted(100 * f.attainment(), f.overOptimum()));
                  }
                  System.out.printf("replica %d %-14s %-10s %s%n", seed, s.name(), h, b);
                }
              }
            });
  }

  private static Figures figures(Trace trace, ServiceLaw law) {
    Setup setup = Comparison.setup(trace, law, STARTUP, DEADLINE);
    return figures(trace, setup, new Ours("epd", Comparison.settings(DEADLINE)));
  }

  private static Figures figures(Trace trace, Setup setup, Ours ours) {
    Outcome outcome = Simulator.run(trace, setup, ours);
    return new Figures(
        outcome.attainment(), outcome.gpuSeconds() / Optimum.of(trace, setup).seconds());
  }
}

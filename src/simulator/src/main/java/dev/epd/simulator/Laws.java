package dev.epd.simulator;

import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.Mix;
import dev.epd.simulator.Trials.Figures;
import dev.epd.simulator.policy.Ours;
import dev.epd.simulator.trace.AzureShaped;
import dev.epd.simulator.trace.ServeGen;
import dev.epd.simulator.trace.ServeGenData;
import dev.epd.simulator.trace.Shape;
import dev.epd.simulator.trace.Source;
import dev.epd.simulator.trace.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/**
 * What the decision makes of images whose cost is not in proportion to their patches, and of
 * replicas that are unlike: against the same decision that knows less and, of sizes, against one
 * that is told what nobody could know better.
 */
public final class Laws {
  private static final double STARTUP = 30;
  private static final double DEADLINE = 2;

  /** Attention over all patches of a transformer 1,280 wide. */
  private static final ServiceLaw ATTENTION = new ServiceLaw(0.002, 60_000, 6 * 1280);

  private Laws() {}

  /** Pods of one pool on unlike hardware; the mean is that of the service law. */
  public enum Hardware {
    /** All alike. */
    ALIKE,
    /** A fifth apart, as one model of GPU may be from node to node. */
    SPREAD,
    /** Two models of GPU, one twice as fast. */
    TWO_KINDS,
    /** One in ten at a quarter of the speed. */
    STRAGGLERS;

    IntToDoubleFunction speeds(long seed) {
      return node -> {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + node);
        return switch (this) {
          case ALIKE -> 1;
          case SPREAD -> Math.exp(0.2 * random.nextGaussian() - 0.02);
          case TWO_KINDS -> random.nextBoolean() ? 4.0 / 3 : 2.0 / 3;
          case STRAGGLERS -> random.nextInt(10) == 0 ? 0.25 : 0.975 / 0.9;
        };
      };
    }
  }

  /** How much the decision knows of what sizes cost. */
  public enum Sizes {
    /** Images and patches in all. */
    NOT_SEEN,
    /** What pods count. */
    SEEN,
    /** The true cost of each image, from the start. */
    TOLD
  }

  /** With attention over all patches, so that a patch of a large image costs more. */
  public static Figures sizes(Source source, long seed, Sizes known) {
    Trace trace = source.trace(seed);
    if (known == Sizes.TOLD) {
      double rate = ATTENTION.patchesPerSecond();
      Trace costs = trace.resized(patches -> (int) Math.round(ATTENTION.seconds(patches) * rate));
      return figures(costs, new ServiceLaw(0, rate), UnaryOperator.identity());
    }
    return figures(trace, ATTENTION, known == Sizes.SEEN ? UnaryOperator.identity() : Laws::blind);
  }

  /** How replicas are told apart. */
  public enum Replicas {
    /** Not at all: the decision sees their mean, and the one with the least work goes first. */
    ALIKE,
    /** The decision sees their mean, slow ones go first. */
    SLOW_GO_FIRST,
    /** The decision learns the speed of each, slow ones go first. */
    LEARNED
  }

  /**
   * With replicas that are unlike.
   *
   * @param owned whether nodes are twice as many as the pool may take and are taken again and
   *     again; else each new pod gets a new one
   */
  public static Figures replicas(
      Source source, long seed, Hardware hardware, boolean owned, Replicas known) {
    Trace trace = source.trace(seed);
    IntToDoubleFunction speeds = hardware.speeds(seed);
    Setup alike = Comparison.setup(trace, ServiceLaw.DEFAULT, STARTUP, DEADLINE);
    int nodes = owned ? 2 * alike.max() : Integer.MAX_VALUE;
    Setup setup = alike.on(new Fleet(nodes, speeds, seed, known != Replicas.ALIKE));
    return figures(
        trace, setup, known == Replicas.LEARNED ? UnaryOperator.identity() : new Pooled());
  }

  private static Figures figures(Trace trace, ServiceLaw law, UnaryOperator<LoadSample> seen) {
    return figures(trace, Comparison.setup(trace, law, STARTUP, DEADLINE), seen);
  }

  private static Figures figures(Trace trace, Setup setup, UnaryOperator<LoadSample> seen) {
    Ours ours = new Ours("epd", Comparison.settings(DEADLINE), 1, 1, seen);
    Outcome outcome = Simulator.run(trace, setup, ours);
    return new Figures(
        outcome.attainment(), outcome.gpuSeconds() / Optimum.of(trace, setup).seconds());
  }

  private static LoadSample blind(LoadSample seen) {
    Map<String, Mix> arrived = new HashMap<>();
    seen.arrived().forEach((name, mix) -> arrived.put(name, blind(mix)));
    Map<String, EncoderTotals> encoders = new HashMap<>();
    seen.encoders()
        .forEach(
            (name, totals) ->
                encoders.put(name, new EncoderTotals(totals.busySeconds(), blind(totals.done()))));
    return with(seen, blind(seen.queued()), arrived, encoders);
  }

  private static Mix blind(Mix mix) {
    return Mix.unsized(mix.images(), mix.patches());
  }

  private static LoadSample with(
      LoadSample seen, Mix queued, Map<String, Mix> arrived, Map<String, EncoderTotals> encoders) {
    return new LoadSample(
        seen.takenAt(),
        seen.gatewaysExpected(),
        seen.gatewaysAnswered(),
        seen.queuedImages(),
        seen.queuedPatches(),
        seen.outstandingPatches(),
        seen.oldestWaitSeconds(),
        queued,
        arrived,
        encoders,
        seen.blocked(),
        seen.holding(),
        seen.encodersSilent());
  }

  /** Replaces the time that each encoder reports by what its work takes at the mean of them all. */
  private static final class Pooled implements UnaryOperator<LoadSample> {
    private static final EncoderTotals NOTHING = new EncoderTotals(0, Mix.NONE);
    private Map<String, EncoderTotals> before = Map.of();
    private Map<String, EncoderTotals> told = Map.of();

    @Override
    public LoadSample apply(LoadSample seen) {
      double work = 0;
      double busy = 0;
      for (var entry : seen.encoders().entrySet()) {
        EncoderTotals last = before.getOrDefault(entry.getKey(), NOTHING);
        work += seconds(entry.getValue().done()) - seconds(last.done());
        busy += entry.getValue().busySeconds() - last.busySeconds();
      }
      double slower = work > 0 ? busy / work : 1;
      Map<String, EncoderTotals> next = new HashMap<>();
      seen.encoders()
          .forEach(
              (name, now) -> {
                EncoderTotals last = told.getOrDefault(name, NOTHING);
                double done = seconds(now.done()) - seconds(last.done());
                next.put(name, new EncoderTotals(last.busySeconds() + slower * done, now.done()));
              });
      before = seen.encoders();
      told = next;
      return with(seen, seen.queued(), seen.arrived(), next);
    }

    private static double seconds(Mix done) {
      return done.images() * ServiceLaw.DEFAULT.overheadSeconds()
          + done.patches() / ServiceLaw.DEFAULT.patchesPerSecond();
    }
  }

  /** Tables of both; medians of the seeds. */
  static String report(List<Long> seeds) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        ## Sizes and replicas that are unlike

        Medians of the seeds; work in time and GPU-seconds over the optimum. With attention over \
        all patches of a transformer 1,280 wide (a patch costs twice as much in an image of 7,680), \
        by what the decision knows of sizes:

        | trace | images and patches in all | by size, as pods count them | told each cost |
        |---|---|---|---|
        """);
    Source day = new ServeGen(ServeGenData.bundled(), 20, 10_800);
    Source bursts = new AzureShaped(12, 2, 64_800);
    for (Source source :
        List.of(day, Shape.step(), Shape.ramp(), Shape.sizeShift(), Shape.cacheCollapse())) {
      text.append("| ").append(source.name());
      for (Sizes known : Sizes.values()) {
        text.append(cell(seeds, seed -> sizes(source, seed, known)));
      }
      text.append(" |\n");
    }
    text.append(
        """

        With replicas that are unlike (spread: a fifth apart; two kinds: one twice as fast; \
        stragglers: one in ten at a quarter of the speed), by what the decision knows of them and \
        which go first; a new pod gets a new node, or one of twice as many nodes as the pool may \
        take. The optimum is that of replicas which all have the mean speed: fast ones cost less.

        | trace | hardware | nodes | taken for alike, least work first | taken for alike, slow ones \
        first | each learned, slow ones first |
        |---|---|---|---|---|---|
        """);
    for (Source source : List.of(day, bursts)) {
      for (Hardware hardware : Hardware.values()) {
        for (boolean owned :
            hardware == Hardware.ALIKE ? new boolean[1] : new boolean[] {false, true}) {
          text.append(
              "| %s | %s | %s".formatted(source.name(), name(hardware), owned ? "own" : "new"));
          for (Replicas known : Replicas.values()) {
            text.append(cell(seeds, seed -> replicas(source, seed, hardware, owned, known)));
          }
          text.append(" |\n");
        }
      }
    }
    return text.append('\n').toString();
  }

  private static String name(Hardware hardware) {
    return hardware.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String cell(List<Long> seeds, LongFunction<Figures> run) {
    List<Figures> figures = seeds.parallelStream().map(run::apply).toList();
    return String.format(
        Locale.ROOT,
        " | %.3f %% at %.3f",
        100 * median(figures.stream().map(Figures::attainment).toList()),
        median(figures.stream().map(Figures::overOptimum).toList()));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    sorted.sort(null);
    return sorted.get(sorted.size() / 2);
  }
}

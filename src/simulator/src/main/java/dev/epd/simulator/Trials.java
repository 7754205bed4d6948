package dev.epd.simulator;

import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.Mix;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.simulator.policy.Ours;
import dev.epd.simulator.trace.Shape;
import dev.epd.simulator.trace.Source;
import dev.epd.simulator.trace.Trace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/** What concerns ours alone: warm spares, zero, wrong figures, faulty metrics. */
public final class Trials {
  private Trials() {}

  /** Attainment, and GPU-seconds over the optimum. */
  public record Figures(double attainment, double overOptimum) {}

  /** Ours on a trace with a start-up time and spare replicas. */
  public static Figures spares(Source source, long seed, double startup, int spares) {
    PolicySettings base = Comparison.settings(2);
    PolicySettings settings =
        new PolicySettings(
            base.mode(), base.targetWait(), base.scaleDownAfter(), base.interval(), spares);
    return ours(source, seed, startup, new Ours("epd", settings));
  }

  /** Ours where encoders report wrong busy times and pods wrong ages all the time, by factors. */
  public static Figures misled(Source source, long seed, double rateError, double startError) {
    Ours ours =
        new Ours("epd", Comparison.settings(2), rateError, startError, UnaryOperator.identity());
    return ours(source, seed, 30, ours);
  }

  /** Ours that begins with a wrong service rate and start-up time, by the given factors. */
  public static Figures misinformed(Source source, long seed, double rateError, double startError) {
    Learned learned =
        new Learned(
            57_000 * rateError, Duration.ofMillis(Math.round(30_000 * startError)), null, null);
    return ours(source, seed, 30, new Ours("epd", Comparison.settings(2), learned));
  }

  private static Figures ours(Source source, long seed, double startup, Ours ours) {
    Trace trace = source.trace(seed);
    Setup setup = Comparison.setup(trace, ServiceLaw.DEFAULT, startup, 2);
    Optimum optimum = Optimum.of(trace, setup);
    Outcome outcome = Simulator.run(trace, setup, ours);
    return new Figures(outcome.attainment(), outcome.gpuSeconds() / optimum.seconds());
  }

  /**
   * An empty pool and one image.
   *
   * @param firstWait seconds from its arrival to its start
   * @param idleSeconds replica seconds after its end
   */
  public record Zero(double firstWait, double idleSeconds) {}

  /** Wakes a pool from zero and lets it fall asleep again. */
  public static Zero zero(double startup) {
    double arrival = 100.37;
    Trace.Builder builder = new Trace.Builder("one image");
    builder.accept(arrival, 1, 2000, 0, 0);
    Trace trace = builder.build(1000, Double.NaN);
    Setup setup = new Setup(ServiceLaw.DEFAULT, startup, 2, 0, 10, 0);
    Outcome outcome = Simulator.run(trace, setup, new Ours("epd", Comparison.settings(2)));
    double work = outcome.workSeconds();
    return new Zero(outcome.p99Wait(), outcome.gpuSeconds() - startup - work);
  }

  /**
   * Many random loads with random faults of the metrics.
   *
   * @param outside decisions outside of the limits
   * @param downOnFault scale-downs on a sample that was faulty
   * @param mostTurns most changes of direction within one scale-down time (a start-up time)
   * @param downs scale-downs in all, on good samples
   */
  public record Faults(int outside, int downOnFault, int mostTurns, int downs) {
    Faults and(Faults more) {
      return new Faults(
          outside + more.outside,
          downOnFault + more.downOnFault,
          Math.max(mostTurns, more.mostTurns),
          downs + more.downs);
    }
  }

  /** Runs them; {@code traces} of ten minutes with start-up times from 1 to 60 s. */
  public static Faults faults(int traces, long seed) {
    int outside = 0;
    int downOnFault = 0;
    int mostTurns = 0;
    int downs = 0;
    for (int i = 0; i < traces; i++) {
      SplittableRandom random = new SplittableRandom(seed * 1_000_003 + i);
      Trace trace = randomLoad(random).trace(seed + i);
      int min = random.nextInt(3);
      int max = min + 1 + random.nextInt(20);
      Setup setup =
          new Setup(
              ServiceLaw.DEFAULT, 1 + random.nextInt(60), 2, min, max, Math.min(max, min + 2));
      Faulty faulty = new Faulty(random);
      Watch watch = new Watch(new Ours("epd", Comparison.settings(2), 1, 1, faulty), faulty, setup);
      Simulator.run(trace, setup, watch);
      outside += watch.outside;
      downOnFault += watch.downOnFault;
      downs += watch.downs;
      mostTurns = Math.max(mostTurns, watch.mostTurns);
    }
    return new Faults(outside, downOnFault, mostTurns, downs);
  }

  private static Shape randomLoad(SplittableRandom random) {
    double[] level = new double[10];
    for (int i = 0; i < level.length; i++) {
      level[i] = random.nextInt(4) == 0 ? 0 : Shape.ONE * 10 * random.nextDouble();
    }
    return new Shape("random", 600, Double.NaN, (s, v) -> new Shape.Second(level[s / 60], 1, 0, 0));
  }

  /** Spoils samples for a while at a time; knows whether the last one was spoilt. */
  private static final class Faulty implements UnaryOperator<LoadSample> {
    private final SplittableRandom random;
    private int left;
    private int kind;
    private boolean spoilt;
    private LoadSample before;

    Faulty(SplittableRandom random) {
      this.random = random;
      this.before = new LoadSample(Instant.EPOCH, 1, 0, 0, 0, 0, 0, Map.of(), Map.of());
    }

    @Override
    public LoadSample apply(LoadSample good) {
      if (left == 0 && random.nextInt(30) == 0) {
        left = 1 + random.nextInt(40);
        kind = random.nextInt(7);
      }
      spoilt = left > 0;
      if (!spoilt) {
        before = good;
        return good;
      }
      left--;
      return switch (kind) {
        case 0 -> new LoadSample(good.takenAt(), 1, 0, 0, 0, 0, 0, Map.of(), Map.of());
        case 1 -> with(good, Double.NaN);
        case 2 -> before;
        case 3 -> with(good, -5);
        case 4 -> empty(good, good.takenAt(), 3, 1);
        case 5 -> withoutEncoders(good);
        default -> empty(good, good.takenAt().minus(Duration.ofSeconds(60)), 1, 1);
      };
    }

    private static LoadSample withoutEncoders(LoadSample s) {
      return new LoadSample(
          s.takenAt(),
          s.gatewaysExpected(),
          s.gatewaysAnswered(),
          s.queuedImages(),
          s.queuedPatches(),
          s.outstandingPatches(),
          s.oldestWaitSeconds(),
          s.queued(),
          s.arrived(),
          Map.of(),
          s.blocked(),
          s.holding(),
          Math.max(1, s.encoders().size()));
    }

    private static LoadSample empty(LoadSample s, Instant at, int expected, int answered) {
      return sample(s, at, expected, answered, 0, 0, Map.of());
    }

    private static LoadSample with(LoadSample s, double queued) {
      return sample(s, s.takenAt(), 1, 1, 1, queued, s.encoders());
    }

    private static LoadSample sample(
        LoadSample s,
        Instant at,
        int expected,
        int answered,
        double images,
        double patches,
        Map<String, EncoderTotals> encoders) {
      return new LoadSample(
          at,
          expected,
          answered,
          images,
          patches,
          0,
          0,
          Mix.unsized(images, patches),
          s.arrived(),
          encoders,
          LoadSample.Blocked.NOTHING,
          null,
          0);
    }
  }

  private static final class Watch implements Policy {
    private final Ours ours;
    private final Faulty faulty;
    private final Setup setup;
    private final List<Double> turns = new ArrayList<>();
    private int direction;
    private int outside;
    private int downOnFault;
    private int mostTurns;
    private int downs;

    Watch(Ours ours, Faulty faulty, Setup setup) {
      this.ours = ours;
      this.faulty = faulty;
      this.setup = setup;
    }

    @Override
    public String name() {
      return ours.name();
    }

    @Override
    public boolean wakesAtOnce() {
      return ours.wakesAtOnce();
    }

    @Override
    public int decide(View pool) {
      int to = ours.decide(pool);
      Decision decision = ours.last();
      outside += to < setup.min() || to > setup.max() ? 1 : 0;
      if (decision == null || !decision.changes()) {
        return to;
      }
      int now = Integer.signum(to - decision.from());
      if (now < 0) {
        downs++;
        downOnFault += faulty.spoilt ? 1 : 0;
      }
      if (direction == -now) {
        turns.add(pool.now());
        int recent = 0;
        for (double turn : turns) {
          recent += turn > pool.now() - setup.startupSeconds() ? 1 : 0;
        }
        mostTurns = Math.max(mostTurns, recent);
      }
      direction = now;
      return to;
    }
  }

  /**
   * Milliseconds that one tick of many pools takes on one core, the median of the ticks after a
   * warm-up: a figure of this machine. Each pool has a steady load that takes some ten replicas,
   * and gets what is decided.
   */
  public static double millisPerTick(int pools, int ticks) {
    Shape steady =
        new Shape("steady", 600, Double.NaN, (s, v) -> new Shape.Second(8 * Shape.ONE, 1, 0, 0));
    List<Trace> traces = new ArrayList<>();
    for (int seed = 0; seed < 20; seed++) {
      traces.add(steady.trace(seed));
    }
    List<Ours> policies = new ArrayList<>();
    List<Pool> states = new ArrayList<>();
    for (int i = 0; i < pools; i++) {
      policies.add(new Ours("epd", Comparison.settings(2)));
      Setup setup = new Setup(ServiceLaw.DEFAULT, 30, 2, 1, 20, 10);
      states.add(new Pool(traces.get(i % traces.size()), setup));
    }
    double[] millis = new double[ticks];
    for (int tick = 1; tick <= ticks; tick++) {
      List<Ours.Look> looks = new ArrayList<>();
      for (int i = 0; i < pools; i++) {
        states.get(i).advance(tick);
        looks.add(policies.get(i).look(states.get(i)));
      }
      int[] wanted = new int[pools];
      long begin = System.nanoTime();
      for (int i = 0; i < pools; i++) {
        wanted[i] = looks.get(i).decide();
      }
      millis[tick - 1] = (System.nanoTime() - begin) / 1e6;
      for (int i = 0; i < pools; i++) {
        states.get(i).scale(wanted[i]);
      }
    }
    double[] warm = java.util.Arrays.copyOfRange(millis, ticks / 2, ticks);
    java.util.Arrays.sort(warm);
    return warm[warm.length / 2];
  }
}

package dev.epd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.simulator.policy.Fixed;
import dev.epd.simulator.trace.Trace;
import org.junit.jupiter.api.Test;

class SimulatorTest {
  private static final ServiceLaw LAW = new ServiceLaw(0.5, 100);

  private static Setup setup(int min, int max, int initial) {
    return new Setup(LAW, 10, 2, min, max, initial);
  }

  /** One image of one second at each of the given times. */
  private static Trace trace(double seconds, double... times) {
    Trace.Builder builder = new Trace.Builder("test");
    for (double time : times) {
      builder.accept(time, 1, 50, 0, 0);
    }
    return builder.build(seconds, Double.NaN);
  }

  @Test
  void imagesWaitForTheFirstFreeEncoder() {
    Trace trace = trace(20, 1, 1, 1, 1, 1);
    Outcome one = Simulator.run(trace, setup(1, 1, 1), new Fixed("one", 1));
    // They wait 0, 1, 2, 3 and 4 seconds.
    assertThat(one.attainment()).isEqualTo(0.6, within(1e-9));
    assertThat(one.p99Wait()).isCloseTo(4, within(0.02));
    Outcome three = Simulator.run(trace, setup(3, 3, 3), new Fixed("three", 3));
    assertThat(three.attainment()).isEqualTo(1);
    assertThat(three.gpuSeconds()).isEqualTo(60);
  }

  @Test
  void aNewReplicaIsBilledFromItsCreationAndWorksFromItsReadiness() {
    Outcome outcome = Simulator.run(trace(30, 1), setup(0, 1, 0), new Fixed("one", 1));
    // Created at 1 s, ready at 11 s: the image waits ten seconds.
    assertThat(outcome.gpuSeconds()).isEqualTo(29);
    assertThat(outcome.p99Wait()).isCloseTo(10, within(0.02));
    assertThat(outcome.attainment()).isZero();
  }

  @Test
  void aRemovedReplicaFinishesItsImageAndIsBilledForIt() {
    Policy leave =
        new Policy() {
          @Override
          public String name() {
            return "leave";
          }

          @Override
          public int decide(View pool) {
            return pool.now() >= 2 ? 0 : 1;
          }
        };
    Outcome outcome = Simulator.run(trace(10, 1.6), setup(0, 1, 1), leave);
    assertThat(outcome.gpuSeconds()).isCloseTo(2.6, within(1e-6));
    assertThat(outcome.attainment()).isEqualTo(1);
  }

  @Test
  void workThatIsNeverBegunIsLate() {
    Outcome outcome = Simulator.run(trace(30, 1, 29), setup(0, 1, 0), new Fixed("none", 0));
    // The second one may still have been in time.
    assertThat(outcome.attainment()).isZero();
    assertThat(outcome.workSeconds()).isEqualTo(1);
  }

  @Test
  void cachedImagesCostNothing() {
    Trace.Builder builder = new Trace.Builder("hits");
    builder.accept(1, 1000, 0, 0, 0);
    builder.accept(2, 1, 50, 0, 0);
    Outcome outcome =
        Simulator.run(builder.build(10, Double.NaN), setup(1, 1, 1), new Fixed("one", 1));
    assertThat(outcome.workSeconds()).isEqualTo(1);
    assertThat(outcome.attainment()).isEqualTo(1);
  }

  @Test
  void waitsAgreeWithQueueingTheory() {
    // M/D/1 at half load: the mean wait is half a service time (Pollaczek and Khinchine).
    var draw = new java.util.SplittableRandom(5);
    Trace.Builder builder = new Trace.Builder("md1");
    double t = 0;
    for (int i = 0; i < 200_000; i++) {
      t += -Math.log(1 - draw.nextDouble()) * 2;
      builder.accept(t / 100, 1, 0 + 50, 0, 0);
    }
    Trace trace = builder.build(t / 100, Double.NaN);
    Setup fast = new Setup(new ServiceLaw(0, 5000), 10, 2, 1, 1, 1);
    Pool pool = new Pool(trace, fast);
    pool.advance(trace.seconds());
    double mean = 0;
    for (int i = 0; i < 999; i++) {
      mean += pool.waits().quantile((i + 0.5) / 999) / 999;
    }
    // Service 0.01 s, bins of 0.01 s rounded up: half a bin too much.
    assertThat(mean).isCloseTo(0.005 + 0.005, within(0.004));
  }
}

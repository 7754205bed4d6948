package dev.epd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.simulator.policy.Fixed;
import dev.epd.simulator.trace.Shape;
import dev.epd.simulator.trace.Trace;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class OptimumTest {
  private static Setup setup(int min, int initial) {
    return new Setup(new ServiceLaw(0, 1), 30, 2, min, 1000, initial);
  }

  @Test
  void aShortGapIsKeptAndALongOneIsAStart() {
    int[] demand = new int[200];
    Arrays.fill(demand, 0, 10, 1);
    Arrays.fill(demand, 20, 30, 1);
    Arrays.fill(demand, 130, 140, 1);
    // One start, 10 on, a gap of 10 kept, 10 on, a gap of 100 for the price of a start, 10 on.
    assertThat(Optimum.cost(demand, setup(0, 0))).isEqualTo(30 + 10 + 10 + 10 + 30 + 10);
  }

  @Test
  void whatIsThereAtTheBeginningNeedsNoStart() {
    int[] demand = new int[100];
    demand[5] = 2;
    assertThat(Optimum.cost(demand, setup(0, 2))).isEqualTo(2 * (5 + 1));
    assertThat(Optimum.cost(demand, setup(1, 1))).isEqualTo(100 + 30 + 1);
  }

  @Test
  void aBurstIsSpreadOverItsDeadline() {
    double[] rate = Optimum.tautString(new double[] {0, 8, 0, 0, 0, 0, 0}, 3);
    assertThat(rate).containsExactly(0, 2, 2, 2, 2, 0, 0);
  }

  @Property
  void theStringStaysInItsBand(
      @ForAll @Size(min = 1, max = 60) List<@DoubleRange(min = 0, max = 9) Double> arrivals,
      @ForAll @IntRange(min = 1, max = 8) int delay) {
    double[] in = arrivals.stream().mapToDouble(Double::doubleValue).toArray();
    double[] out = Optimum.tautString(in, delay);
    double arrived = 0;
    double served = 0;
    for (int i = 0; i < in.length; i++) {
      arrived += in[i];
      served += out[i];
      assertThat(served).isLessThanOrEqualTo(arrived + 1e-6);
      double due = 0;
      for (int j = 0; j <= i - delay; j++) {
        due += in[j];
      }
      assertThat(served).isGreaterThanOrEqualTo(due - 1e-6);
    }
    assertThat(served).isCloseTo(arrived, within(1e-6));
  }

  @Property(tries = 200)
  void noStraightServiceInTheBandHasALowerPeak(
      @ForAll @Size(min = 1, max = 40) List<@DoubleRange(min = 0, max = 9) Double> arrivals) {
    double[] in = arrivals.stream().mapToDouble(Double::doubleValue).toArray();
    double peak = Arrays.stream(Optimum.tautString(in, 3)).max().orElse(0);
    // A constant rate meets the deadline just when it carries every stretch of arrivals in time.
    double least = 0;
    for (int from = 0; from < in.length; from++) {
      double work = 0;
      for (int to = from; to < in.length; to++) {
        work += in[to];
        least = Math.max(least, work / Math.min(to - from + 1 + 3, in.length - from));
      }
    }
    assertThat(peak).isCloseTo(least, within(1e-6));
  }

  @Test
  void isNoMoreThanTheStaticPeakAndNoLessThanTheWork() {
    Trace trace = Shape.step().trace(3);
    Setup setup = Comparison.setup(trace, ServiceLaw.DEFAULT, 30, 2);
    Optimum optimum = Optimum.of(trace, setup);
    Outcome fixed = Simulator.run(trace, setup, new Fixed("peak", optimum.peak()));
    assertThat(optimum.seconds()).isBetween(fixed.workSeconds(), fixed.gpuSeconds());
    assertThat(fixed.attainment()).isGreaterThan(0.9999);
  }
}

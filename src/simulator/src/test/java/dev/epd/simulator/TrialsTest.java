package dev.epd.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.simulator.Trials.Faults;
import dev.epd.simulator.Trials.Zero;
import dev.epd.simulator.trace.Shape;
import dev.epd.simulator.trace.Trace;
import org.junit.jupiter.api.Test;

class TrialsTest {
  @Test
  void theFirstImageWaitsForOneStartAndTheReplicaGoesAfterOneMore() {
    Zero zero = Trials.zero(30);
    assertThat(zero.firstWait()).isBetween(30.0, 30.25);
    assertThat(zero.idleSeconds()).isLessThan(45);
  }

  @Test
  void faultyMetricsNeitherRemoveReplicasNorBreakLimits() {
    long seed = 42;
    Faults faults = Trials.faults(40, seed);
    assertThat(faults.outside()).as("seed %d", seed).isZero();
    assertThat(faults.downOnFault()).isZero();
    assertThat(faults.mostTurns()).isLessThanOrEqualTo(2);
    assertThat(faults.downs()).as("it does scale down otherwise").isPositive();
  }

  @Test
  void aStepIsFollowedWithinAStartAndTwoLooksAndNotOvershot() {
    Trace trace = Shape.step().trace(21);
    Setup setup = Comparison.setup(trace, ServiceLaw.DEFAULT, 30, 2);
    Setup open = new Setup(setup.law(), 30, 2, 1, 1000, setup.initial());
    Outcome outcome = Simulator.run(trace, open, Comparison.ours(2));
    assertThat(outcome.toCapacity()).isLessThanOrEqualTo(32);
    assertThat(outcome.peak())
        .isLessThanOrEqualTo((int) (1.3 * trace.needAfterEvent(ServiceLaw.DEFAULT)));
    assertThat(outcome.reversalsAfterEvent()).isZero();
  }

  @Test
  void aComparisonHasAllPolicies() {
    Trace trace = Shape.spike().trace(1);
    Comparison comparison =
        Comparison.of(trace, 1, Comparison.setup(trace, ServiceLaw.DEFAULT, 30, 2));
    assertThat(comparison.outcomes()).hasSize(8);
    assertThat(comparison.outcomes())
        .allSatisfy(
            o -> {
              assertThat(o.attainment()).isBetween(0.0, 1.0);
              assertThat(o.gpuSeconds()).isPositive();
            });
  }
}

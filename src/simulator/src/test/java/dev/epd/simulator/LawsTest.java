package dev.epd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.simulator.Laws.Hardware;
import dev.epd.simulator.policy.Fixed;
import dev.epd.simulator.trace.Trace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LawsTest {
  @Test
  void attentionDoublesTheCostOfAPatchAtTheKnee() {
    ServiceLaw law = new ServiceLaw(0, 1000, 500);
    assertThat(law.seconds(500)).isEqualTo(2 * new ServiceLaw(0, 1000).seconds(500));
    assertThat(law.seconds(1)).isCloseTo(0.001, within(1e-5));
    assertThat(law.seconds(0)).isZero();
  }

  @Test
  void theMeanSpeedOfHardwareIsThatOfTheLaw() {
    for (Hardware hardware : Hardware.values()) {
      double sum = 0;
      for (int node = 0; node < 20_000; node++) {
        sum += hardware.speeds(7).applyAsDouble(node);
      }
      assertThat(sum / 20_000).as(hardware.name()).isCloseTo(1, within(0.02));
    }
  }

  /** Node 1 is half as fast as the others; all are busy for a minute, then one has to go. */
  @Test
  void ofAPoolThatGetsFewerTheSlowOneGoes() {
    assertThat(staying(true)).containsExactly("encoder-0", "encoder-2");
    assertThat(staying(false)).as("by the work they hold").contains("encoder-1");
  }

  private static List<String> staying(boolean slowGoFirst) {
    Trace.Builder builder = new Trace.Builder("busy");
    for (int i = 0; i < 600; i++) {
      builder.accept(i / 10.0, 1, 100, 0, 0);
    }
    Setup setup =
        new Setup(new ServiceLaw(0, 333), 10, 2, 1, 3, 3)
            .on(new Fleet(Integer.MAX_VALUE, node -> node == 1 ? 0.5 : 1, 7, slowGoFirst));
    Pool pool = new Pool(builder.build(60, Double.NaN), setup);
    pool.advance(60);
    pool.scale(2);
    List<String> staying = new ArrayList<>();
    pool.pods().stream().filter(p -> !p.isDraining()).forEach(p -> staying.add(p.name()));
    return staying;
  }

  @Test
  void noTwoPodsShareANode() {
    Setup setup =
        new Setup(new ServiceLaw(0, 1000), 1, 2, 0, 4, 4).on(new Fleet(6, node -> 1, 7, true));
    Pool pool = new Pool(new Trace.Builder("empty").build(1000, Double.NaN), setup);
    for (int second = 1; second < 200; second++) {
      pool.advance(second);
      pool.scale(second % 5);
      Set<Integer> nodes = new HashSet<>();
      pool.pods().forEach(pod -> assertThat(nodes.add(pod.node())).isTrue());
    }
  }

  @Test
  void aTraceOfOtherSizesKeepsItsTimesAndItsCachedImages() {
    Trace.Builder builder = new Trace.Builder("sizes");
    builder.accept(1, 2, 100, 0, 0);
    builder.accept(3, 1, 0, 0, 0);
    Trace other = builder.build(10, 5).resized(patches -> 3 * patches);
    assertThat(other.patches(0)).isEqualTo(300);
    assertThat(other.images(0)).isEqualTo(2);
    assertThat(other.patches(1)).isZero();
    assertThat(other.at(1)).isCloseTo(3, within(1e-9));
    assertThat(other.eventAt()).isEqualTo(5);
    Outcome outcome =
        Simulator.run(other, new Setup(new ServiceLaw(0, 300), 1, 2, 1, 1, 1), new Fixed("one", 1));
    assertThat(outcome.workSeconds()).isCloseTo(2, within(1e-9));
  }
}

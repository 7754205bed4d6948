package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Decisions on images that are counted by size, and on pods of which some don't say it. */
class SizedLookTest {
  private static final double RATE = 60_000;
  private static final int SMALL = 256;
  private static final int LARGE = 8192;

  private final List<Replica> pods = new ArrayList<>();
  private Instant now = Instant.EPOCH;
  private double small;
  private double large;
  private double busy;
  private Decision last =
      decide(sample(Mix.NONE), ScalerMemory.takeOver(Learned.NOTHING, now.minusSeconds(1)));

  private static double seconds(int patches) {
    return patches / RATE * (1 + patches / 7680.0);
  }

  @Test
  void afterAShiftOfSizesThePoolFitsTheTrueCost() {
    run(600, 150, 2, true);
    assertThat(last.inputs().get("patchCostOfSize:256"))
        .isCloseTo(costOf(SMALL, 150, 2), within(0.15));
    double need = 12 * seconds(LARGE);
    run(60, 0, 12, true);
    assertThat(last.wanted()).isBetween((int) Math.ceil(need), (int) Math.ceil(need) + 3);
  }

  private static double costOf(int patches, double smalls, double larges) {
    double all = smalls * SMALL + larges * LARGE;
    double time = smalls * seconds(SMALL) + larges * seconds(LARGE);
    return seconds(patches) / patches / (time / all);
  }

  @Test
  void aGatewayThatBeginsAnewIsSeenThoughItsSumHasRisen() {
    run(60, 100, 1, true);
    Double level = last.inputs().get("arrivingPatchesPerSecond");
    small = 0;
    large += 40_000;
    look(true);
    assertThat(last.reason()).isEqualTo(Reason.COUNTER_RESET);
    assertThat(last.inputs().get("arrivingPatchesPerSecond")).isEqualTo(level);
    look(true);
    assertThat(last.reason()).isNotEqualTo(Reason.COUNTER_RESET);
  }

  @Test
  void podsThatDoNotSaySizesCountAtTheMean() {
    run(300, 100, 2, false);
    assertThat(last.inputs()).noneSatisfy((name, v) -> assertThat(name).contains("OfSize"));
    double patches = 100.0 * SMALL + 2 * LARGE;
    assertThat(last.inputs().get("arrivingPatchesPerSecond"))
        .isCloseTo(patches, within(0.05 * patches));
  }

  /** The status of a pool holds 32 of them. */
  @Test
  void theInputsAreNeverMoreThanAStatusHolds() {
    run(600, 150, 2, true);
    List<SignalReading> signals = new ArrayList<>();
    for (String name : List.of("Latency", "Prometheus")) {
      signals.add(new SignalReading(name, SignalReading.Kind.SHARE, 0.5, 1));
    }
    pods.add(new Replica("stuck", Phase.STARTING, Duration.ofHours(9)));
    pods.add(new Replica("evicted", Phase.FAILED, Duration.ofHours(9)));
    now = now.plusSeconds(1);
    Look look = new Look(sample(mix(true, small, large)), signals, now);
    Ratios ratios =
        new Ratios(
            "encoder",
            List.of(),
            Map.of("prefill", Ratios.Stand.fixed(1), "decode", Ratios.Stand.fixed(1)));
    Decision decision =
        Scaler.decide(
            look,
            new PoolState(4, 1, 99, pods),
            PolicySettings.DEFAULT,
            last.memory(),
            ratios,
            now);
    assertThat(decision.inputs()).containsKeys("standIns", "failed", "patchCostOfSize:256");
    assertThat(decision.inputs()).hasSizeLessThanOrEqualTo(29);
  }

  private void run(int looks, int smalls, int larges, boolean sized) {
    for (int i = 0; i < looks; i++) {
      // Looks differ, or nothing could be told apart.
      double more = i % 2 == 0 ? 0.5 : 1.5;
      small += more * smalls;
      large += (2 - more) * larges;
      busy += more * smalls * seconds(SMALL) + (2 - more) * larges * seconds(LARGE);
      look(sized);
    }
  }

  private void look(boolean sized) {
    now = now.plusSeconds(1);
    last = decide(sample(mix(sized, small, large)), last.memory());
  }

  private static Mix mix(boolean sized, double smalls, double larges) {
    return sized
        ? new Mix.Builder()
            .add(Mix.sizeOf(SMALL), smalls, smalls * SMALL)
            .add(Mix.sizeOf(LARGE), larges, larges * LARGE)
            .build()
        : Mix.unsized(smalls + larges, smalls * SMALL + larges * LARGE);
  }

  private LoadSample sample(Mix arrived) {
    return new LoadSample(
        now,
        1,
        1,
        0,
        0,
        0,
        0,
        Mix.NONE,
        Map.of("g", arrived),
        Map.of("e", new EncoderTotals(busy, arrived)),
        LoadSample.Blocked.NOTHING,
        null,
        0);
  }

  private Decision decide(LoadSample sample, ScalerMemory memory) {
    if (pods.isEmpty()) {
      for (int i = 0; i < 4; i++) {
        pods.add(new Replica("e" + i, Phase.READY, Duration.ofHours(1)));
      }
    }
    return Scaler.decide(
        sample, new PoolState(4, 1, 99, pods), PolicySettings.DEFAULT, memory, now);
  }
}

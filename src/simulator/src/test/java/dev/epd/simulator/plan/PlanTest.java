package dev.epd.simulator.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.epd.simulator.ServiceLaw;
import dev.epd.simulator.plan.Sizing.Objective;
import dev.epd.simulator.trace.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanTest {
  /** One request a second, each one image of 0.4 s, a prompt of 0.5 s and an answer of 4 s. */
  private static final Workload CLOCKWORK =
      new Workload() {
        @Override
        public String name() {
          return "clockwork";
        }

        @Override
        public double seconds() {
          return 600;
        }

        @Override
        public boolean isDrawn() {
          return false;
        }

        @Override
        public void emit(long seed, Requests out) {
          for (int second = 0; second < 600; second++) {
            out.accept(second, 1, 400, 400, 40);
          }
        }
      };

  private static final Profile PODS = new Profile(new ServiceLaw(0, 1000), 1000, 40, 4, "test");

  private static Study.Need of(Map<Stage, Study.Need> needs, Stage stage) {
    return Objects.requireNonNull(needs.get(stage));
  }

  private static Study study(Workload workload) {
    return new Study(workload, PODS, new Objective(0.05, 0.95), new long[] {1});
  }

  @Test
  void aLoadWithoutChanceNeedsExactlyItsWork() throws IOException {
    Map<Stage, Study.Need> needs = study(CLOCKWORK).needs(1);
    assertThat(of(needs, Stage.ENCODER).typical().pods()).isEqualTo(1);
    assertThat(of(needs, Stage.ENCODER).typical().utilization()).isCloseTo(0.4, within(1e-9));
    assertThat(of(needs, Stage.PREFILL).typical().pods()).isEqualTo(1);
    assertThat(of(needs, Stage.PREFILL).typical().utilization()).isCloseTo(0.5, within(1e-9));
    assertThat(of(needs, Stage.ENCODER).headroom()).isCloseTo(2.5, within(0.06));
    assertThat(of(needs, Stage.PREFILL).headroom()).isCloseTo(2.0, within(0.06));
    // Answers of four seconds, one a second: four slots, one pod, never idle.
    assertThat(of(needs, Stage.DECODE).typical().pods()).isEqualTo(1);
    assertThat(of(needs, Stage.DECODE).typical().utilization()).isCloseTo(1.0, within(1e-2));
    assertThat(of(needs, Stage.DECODE).most()).as("on slower pods").isEqualTo(2);
  }

  @Test
  void moreImagesNeedMoreEncodersAndLongerPrompts() throws IOException {
    Map<Stage, Study.Need> needs = study(CLOCKWORK).needs(5);
    // 2 s of images at once each second; with 50 ms of waiting each of the five needs its own.
    assertThat(of(needs, Stage.ENCODER).typical().pods()).isEqualTo(5);
    // 400 + 5 × 100 tokens.
    assertThat(of(needs, Stage.PREFILL).typical().utilization()).isCloseTo(0.9, within(1e-9));
    assertThat(of(needs, Stage.DECODE).typical().pods()).isEqualTo(1);
  }

  @Test
  void theReportNamesTheBottleneckAndHowSureItIs() throws IOException {
    String report =
        Plan.report(
            "--rate",
            "4",
            "--seconds",
            "900",
            "--cv",
            "1",
            "--encoder-patches-per-second",
            "5000",
            "--prefill-tokens-per-second",
            "20000",
            "--decode-tokens-per-second",
            "4000",
            "--seeds",
            "3",
            "--times",
            "2");
    assertThat(report)
        .contains(
            "# Plan for rates",
            "## As it is",
            "| encoder | **",
            "## 2 times the images",
            "Bottleneck: ",
            "first to need another one when the work grows",
            "With autoscaling",
            "over 3 drawn workloads");
    assertThat(report.split("## ", -1))
        .hasSize(3)
        .filteredOn(part -> !part.startsWith("# Plan"))
        .allSatisfy(part -> assertThat(part).containsPattern("are sure|Unsure for"));
  }

  @Test
  void theSameQuestionHasTheSameAnswer() throws IOException {
    String[] question = {
      "--rate", "2", "--seconds", "300", "--encoder-patches-per-second", "9000",
      "--prefill-tokens-per-second", "9000", "--decode-tokens-per-second", "900", "--seeds", "2"
    };
    assertThat(Plan.report(question)).isEqualTo(Plan.report(question));
  }

  @Test
  void aTraceAndAMeasuredProfileAreRead(@TempDir Path folder) throws IOException {
    Path trace = folder.resolve("t.csv");
    Files.writeString(
        trace,
        "t_seconds,images,patches_per_image,text_tokens,output_tokens\n"
            + "0.5,2,1120,50,20\n1.0,0,0,300,40\n61.0,1,560,10,10\n");
    Path results = folder.resolve("results.json");
    Files.writeString(
        results,
        """
        {"figures" : [
          {"section" : "roles", "name" : "encoder, default, 1 at a time", "unit" : "x", "median" : 1},
          {"section" : "roles", "name" : "encoder, default, 8 at a time", "unit" : "images/s", "median" : 100.0, "rounds" : [1]},
          {"section" : "roles", "name" : "prefill, default, 8 at a time", "unit" : "tokens/s", "median" : 2.5E4, "rounds" : [1]},
          {"section" : "roles", "name" : "decode, default, 8 at a time", "unit" : "tokens/s", "median" : 1426.8, "rounds" : [1]}
        ]}
        """);
    Profile profile = Profile.ofBench(results);
    assertThat(profile.encoder().patchesPerSecond()).isEqualTo(11_200);
    assertThat(profile.prefillTokensPerSecond()).isEqualTo(25_000);
    assertThat(profile.decodeSlots()).isEqualTo(8);
    String report = Plan.report("--trace", trace.toString(), "--profile", results.toString());
    assertThat(report).contains("# Plan for t.csv", "measured, ", "A trace has one course only");
  }

  @Test
  void theBundledResultsAreAProfile() throws IOException {
    assertThat(Profile.ofBench(Path.of("../../bench/results/results.json")).decodeSlots())
        .isEqualTo(8);
  }

  @Test
  void badInputSaysWhatToDo(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> Plan.report("--speed", "1"))
        .hasMessageStartingWith("unknown option --speed; there are --cv");
    assertThatThrownBy(() -> Plan.report("--rate")).hasMessage("option --rate needs a value");
    assertThatThrownBy(() -> Plan.report()).hasMessageContaining("one of --trace FILE");
    assertThatThrownBy(() -> Plan.report("--rate", "1", "--named", "step"))
        .hasMessageContaining("one of --trace FILE");
    assertThatThrownBy(() -> Plan.report("--rate", "1"))
        .hasMessageContaining("how fast are the pods?");
    assertThatThrownBy(() -> Plan.report("--rate", "many")).hasMessageContaining("--rate must be");
    Path empty = Files.writeString(folder.resolve("r.json"), "{}");
    assertThatThrownBy(() -> Plan.report("--rate", "1", "--profile", empty.toString()))
        .hasMessageContaining("no figure 'encoder, default, 8 at a time'");
  }
}

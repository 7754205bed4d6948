package dev.epd.simulator.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.epd.simulator.ServiceLaw;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TracesTest {
  @Test
  void aTraceSurvivesItsFile() throws IOException {
    StringWriter text = new StringWriter();
    TraceCsv.write(Shape.flashCrowd(), 4, text);
    Trace read = TraceCsv.read("flash", new StringReader(text.toString()));
    Trace made = Shape.flashCrowd().trace(4);
    assertThat(read.size()).isEqualTo(made.size());
    for (int i = 0; i < made.size(); i++) {
      assertThat(read.at(i)).isCloseTo(made.at(i), within(1e-3));
      assertThat(read.images(i)).isEqualTo(made.images(i));
      assertThat(read.patches(i)).isEqualTo(made.patches(i));
    }
  }

  @Test
  void aBadRowIsNamed() {
    assertThatThrownBy(() -> TraceCsv.read("x.csv", new StringReader("0,1,100\n1,-1,100\n")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("x.csv, row 2");
    assertThatThrownBy(() -> TraceCsv.read("x.csv", new StringReader("5,1,100\n1,1,100\n")))
        .hasMessageContaining("order of time");
  }

  @Test
  void theStepIsFourfold() {
    double[] work = Shape.step().trace(1).work(ServiceLaw.DEFAULT, 1200);
    assertThat(work[1] / work[0]).isBetween(3.8, 4.2);
    assertThat(work[0] / 1200).isBetween(3.2, 3.8);
  }

  @Test
  void theSizeShiftKeepsItsRate() {
    Trace trace = Shape.sizeShift().trace(1);
    int before = 0;
    while (trace.at(before) < 1200) {
      before++;
    }
    assertThat((trace.size() - before) / 2.0 / before).isBetween(0.95, 1.05);
    double[] work = trace.work(ServiceLaw.DEFAULT, 1200);
    assertThat(work[1] / work[0]).isBetween(3.5, 4.1);
  }

  @Test
  void theCollapseOfTheCacheQuadruplesTheWork() {
    double[] work = Shape.cacheCollapse().trace(1).work(ServiceLaw.DEFAULT, 1200);
    assertThat(work[1] / work[0]).isBetween(3.8, 4.2);
  }

  @Test
  void azureBurstsInImagesWhileItsRequestsHardlyMove() {
    AzureShaped source = AzureShaped.standard();
    long[] perMinute = new long[(int) (source.seconds() / 60)];
    long[] requests = new long[perMinute.length];
    source.emit(
        2,
        (t, images, patches, text, output) -> {
          perMinute[(int) (t / 60)] += images;
          requests[(int) (t / 60)]++;
        });
    Arrays.sort(perMinute);
    double median = perMinute[perMinute.length / 2];
    assertThat(perMinute[perMinute.length - 1] / median).isBetween(4.0, 30.0);
    long most = Arrays.stream(requests).max().orElse(0);
    double mean = Arrays.stream(requests).average().orElse(0);
    assertThat(most / mean).as("requests hardly move").isLessThan(1.4);
  }
}

package dev.epd.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.planner.Drains;
import dev.epd.runtimeimage.Main;
import org.junit.jupiter.api.Test;

/** The planner does not see the program, yet reads how it ended. */
class ExitCodesTest {
  @Test
  void thePlannerKnowsTheCodeOfWorkThatWasCutOff() {
    assertThat(Drains.WORK_LEFT).isEqualTo(Main.WORK_LEFT);
  }
}

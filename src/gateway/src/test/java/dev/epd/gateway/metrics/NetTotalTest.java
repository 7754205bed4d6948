package dev.epd.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NetTotalTest {
  private final NetTotal total = new NetTotal();

  @Test
  void whatIsTakenOffIsMadeUpForBeforeItGrowsAgain() {
    total.add(100);
    total.takeOff(60);
    assertThat(total.total()).as("never backwards").isEqualTo(100);
    total.add(50);
    assertThat(total.total()).isEqualTo(100);
    total.add(50);
    assertThat(total.total()).isEqualTo(140);
  }

  @Test
  void whatIsAlwaysTakenOffIsNoWork() {
    for (int i = 0; i < 1000; i++) {
      total.add(240);
      total.takeOff(240);
    }
    assertThat(total.total()).isEqualTo(240);
  }
}

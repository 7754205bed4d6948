package dev.epd.modelspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MRopeTest {
  @Test
  void textCountsTheSameInAllRows() {
    MRope rope = MRope.of(3, List.of());
    assertThat(rope.positions()).isDeepEqualTo(new int[][] {{0, 1, 2}, {0, 1, 2}, {0, 1, 2}});
    assertThat(rope.delta()).isZero();
  }

  @Test
  void anImageTakesRowsAndColumnsAndTextGoesOnAfterTheLargest() {
    MRope rope = MRope.of(9, List.of(new ImageSpan(0, 1, new ImageGrid(1, 4, 6, 2))));
    assertThat(rope.positions())
        .isDeepEqualTo(
            new int[][] {
              {0, 1, 1, 1, 1, 1, 1, 4, 5},
              {0, 1, 1, 1, 2, 2, 2, 4, 5},
              {0, 1, 2, 3, 1, 2, 3, 4, 5}
            });
    assertThat(rope.delta()).isEqualTo(6 - 9);
  }

  @Test
  void spansThatOverlapOrLeaveThePromptAreRefused() {
    ImageGrid four = new ImageGrid(1, 4, 4, 2);
    assertThatThrownBy(() -> MRope.of(4, List.of(new ImageSpan(0, 1, four))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> MRope.of(9, List.of(new ImageSpan(0, 1, four), new ImageSpan(1, 4, four))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

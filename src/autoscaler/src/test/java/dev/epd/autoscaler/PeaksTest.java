package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PeaksTest {
  @Property
  void isTheHighestOfTheWindow(
      @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 0, max = 50) Integer> levels,
      @ForAll @IntRange(min = 0, max = 200) int window) {
    Peaks peaks = Peaks.NONE;
    for (int i = 0; i < levels.size(); i++) {
      peaks = peaks.with(levels.get(i), i, 0);
    }
    int from = Math.max(0, levels.size() - 1 - window);
    int highest =
        levels.subList(from, levels.size()).stream().mapToInt(Integer::intValue).max().orElse(0);
    assertThat(peaks.since(from)).isEqualTo(highest);
    assertThat(peaks.highest())
        .isEqualTo(levels.stream().mapToInt(Integer::intValue).max().orElse(0));
    for (int level = 0; level <= 50; level++) {
      int last = -1;
      for (int i = 0; i < levels.size(); i++) {
        last = levels.get(i) >= level ? i : last;
      }
      assertThat(peaks.lastAt(level)).isEqualTo(last < 0 ? Long.MIN_VALUE : last);
    }
  }

  @Property(tries = 50)
  void staysSmall(@ForAll @IntRange(min = 200, max = 5000) int levels) {
    Peaks peaks = Peaks.NONE;
    for (int i = 0; i < levels; i++) {
      peaks = peaks.with(levels - i, i, 0);
    }
    assertThat(peaks.highest()).isEqualTo(levels);
    assertThat(peaks.since(levels - 1)).isEqualTo(1);
  }
}

package dev.epd.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class RangesTest {
  @Property
  void agreesWithABitPerByte(
      @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 99) Integer> starts,
      @ForAll @Size(60) List<@IntRange(min = 1, max = 12) Integer> lengths) {
    Ranges ranges = new Ranges();
    BitSet bytes = new BitSet();
    for (int i = 0; i < starts.size(); i++) {
      int from = starts.get(i);
      int to = from + lengths.get(i);
      boolean free = bytes.get(from, to).isEmpty();
      assertThat(ranges.isFree(from, to)).isEqualTo(free);
      if (free) {
        ranges.add(from, to);
        bytes.set(from, to);
      }
      for (int size = 0; size <= 112; size++) {
        assertThat(ranges.covers(size)).isEqualTo(bytes.nextClearBit(0) >= size);
      }
    }
  }
}

package dev.epd.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class KvPoolTest {
  private final AtomicLong now = new AtomicLong();
  private final KvPool pool = new KvPool(2, 16, 100, now::get);

  @Test
  void everyTakingHasANewEpoch() {
    KvPool.Slot a = pool.take().orElseThrow();
    a.free();
    a.free();
    KvPool.Slot b = pool.take().orElseThrow();
    KvPool.Slot c = pool.take().orElseThrow();
    assertThat(Set.of(a.epoch(), b.epoch(), c.epoch())).hasSize(3);
    assertThat(b.index()).isNotEqualTo(c.index());
    assertThat(pool.take()).isEmpty();
  }

  @Test
  void aLeaseThatRunsOutFreesTheSlot() {
    KvPool.Slot slot = pool.lease(Duration.ofNanos(10)).orElseThrow();
    assertThat(pool.available()).isEqualTo(1);
    now.set(10);
    assertThat(pool.available()).isEqualTo(2);
    assertThat(slot.keep()).isFalse();
    assertThat(slot.open()).isFalse();
  }

  @Test
  void aKeptSlotOutlivesItsLease() {
    KvPool.Slot slot = pool.lease(Duration.ofNanos(10)).orElseThrow();
    assertThat(slot.keep()).isTrue();
    now.set(1000);
    assertThat(slot.valid()).isTrue();
    assertThat(pool.available()).isEqualTo(1);
    slot.free();
    assertThat(pool.available()).isEqualTo(2);
  }

  @Test
  void aSlotIsNotReusedWhileATransferIsOpen() {
    KvPool.Slot slot = pool.lease(Duration.ofNanos(10)).orElseThrow();
    assertThat(slot.open()).isTrue();
    now.set(11);
    assertThat(slot.valid()).isFalse();
    assertThat(pool.available()).isEqualTo(1);
    slot.release();
    assertThat(pool.available()).isEqualTo(2);
    assertThatThrownBy(slot::release).isInstanceOf(IllegalStateException.class);
  }

  /** Whatever happens, no index belongs to two at once and none is lost. */
  @Property(tries = 300)
  void slotsAreNeitherSharedNorLost(
      @ForAll @Size(max = 60) List<@IntRange(max = 4) Integer> steps) {
    AtomicLong clock = new AtomicLong();
    KvPool slots = new KvPool(3, 4, 0, clock::get);
    List<KvPool.Slot> mine = new ArrayList<>();
    List<KvPool.Slot> open = new ArrayList<>();
    for (int step : steps) {
      switch (step) {
        case 0 -> slots.take().ifPresent(mine::add);
        case 1 -> slots.lease(Duration.ofNanos(2)).ifPresent(mine::add);
        case 2 -> mine.stream().filter(KvPool.Slot::open).findAny().ifPresent(open::add);
        case 3 -> mine.stream().filter(KvPool.Slot::valid).findFirst().ifPresent(KvPool.Slot::free);
        default -> {
          clock.incrementAndGet();
          if (!open.isEmpty()) {
            open.removeFirst().release();
          }
        }
      }
      Set<KvPool.Slot> held = new HashSet<>(open);
      mine.stream().filter(KvPool.Slot::valid).forEach(held::add);
      assertThat(held.stream().map(KvPool.Slot::index)).doesNotHaveDuplicates();
      assertThat(slots.available()).isEqualTo(3 - held.size());
    }
  }
}

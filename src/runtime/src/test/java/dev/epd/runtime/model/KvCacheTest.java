package dev.epd.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.Torch;
import dev.epd.runtime.tensor.TorchOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KvCacheTest {
  private static final LanguageShape SHAPE = new LanguageShape(2, 2, 4, 16, 32, 64, DType.FLOAT32);

  @BeforeAll
  static void start() {
    Torch.start(TorchOptions.ofThreads(2));
  }

  @Test
  void segmentsLieWhereTheTensorsSayAndDoNotOverlap() {
    try (KvCache cache = new KvCache(SHAPE, Device.CPU, 3, 5)) {
      float mark = 0;
      for (int layer = 0; layer < 2; layer++) {
        for (KvCache.Kind kind : KvCache.Kind.values()) {
          for (int slot = 0; slot < 3; slot++) {
            for (int token = 0; token < 5; token++) {
              MemorySegment one = cache.segment(layer, kind, slot, token, token + 1);
              assertThat(one.byteSize()).isEqualTo(SHAPE.tokenBytes());
              one.setAtIndex(ValueLayout.JAVA_FLOAT, 0, ++mark);
            }
          }
        }
      }
      // [slots, tokens, kv heads * head dim]: token 3 of slot 1 starts at (1 * 5 + 3) * 8
      assertThat(cache.keys().get(0).toFloats()[(1 * 5 + 3) * 8]).isEqualTo(9);
      assertThat(cache.values().get(1).toFloats()[0]).isEqualTo(46);
      assertThat(cache.segment(0, KvCache.Kind.KEY, 1, 1, 4).byteSize())
          .isEqualTo(3L * SHAPE.tokenBytes());
      assertThat(mark).isEqualTo(60);
      assertThat(cache.byteSize()).isEqualTo(60L * SHAPE.tokenBytes());
    }
  }

  @Test
  void windowsOfHostMemoryAreTheCacheItself() {
    try (KvCache cache = new KvCache(SHAPE, Device.CPU, 2, 5)) {
      try (KvWindow incoming = cache.incoming(1, 4)) {
        for (int layer = 0; layer < 2; layer++) {
          for (KvCache.Kind kind : KvCache.Kind.values()) {
            assertThat(incoming.segment(layer, kind))
                .isEqualTo(cache.segment(layer, kind, 1, 0, 4));
          }
        }
        incoming.segment(1, KvCache.Kind.VALUE).setAtIndex(ValueLayout.JAVA_FLOAT, 8, 7f);
        incoming.store(2);
      }
      try (KvWindow outgoing = cache.outgoing(1, 1, 1, 2)) {
        MemorySegment value = outgoing.segment(1, KvCache.Kind.VALUE);
        assertThat(value.byteSize()).isEqualTo(SHAPE.tokenBytes());
        assertThat(value.getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(7f);
      }
    }
  }

  @Test
  void outsideIsRefused() {
    try (KvCache cache = new KvCache(SHAPE, Device.CPU, 3, 5)) {
      assertThatThrownBy(() -> cache.segment(0, KvCache.Kind.KEY, 3, 0, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> cache.segment(0, KvCache.Kind.KEY, 0, 0, 6))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> cache.incoming(0, 6)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> cache.outgoing(0, 3, 0, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void closingFreesEverything() {
    int open = Torch.openTensors();
    KvCache cache = new KvCache(SHAPE, Device.CPU, 1, 1);
    assertThat(Torch.openTensors()).isEqualTo(open + 4);
    cache.close();
    cache.close();
    assertThat(Torch.openTensors()).isEqualTo(open);
  }
}

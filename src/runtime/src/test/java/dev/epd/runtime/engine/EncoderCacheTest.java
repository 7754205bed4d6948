package dev.epd.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.modelspec.ImageGrid;
import dev.epd.runtime.tensor.DType;
import org.junit.jupiter.api.Test;

class EncoderCacheTest {
  private final EncoderCache cache = new EncoderCache(64);

  @Test
  void theLeastRecentlyUsedGoesFirst() {
    Embeddings a = embeddings();
    Embeddings b = embeddings();
    Embeddings c = embeddings();
    cache.put("a", a).close();
    cache.put("b", b).close();
    cache.get("a").orElseThrow().close();
    cache.put("c", c).close();
    assertThat(b.isClosed()).isTrue();
    assertThat(cache.get("b")).isEmpty();
    assertThat(cache.byteSize()).isEqualTo(64);
    try (EncoderCache.Pin pin = cache.get("a").orElseThrow()) {
      assertThat(pin.embeddings()).isSameAs(a);
    }
  }

  @Test
  void pinnedEmbeddingsAreNotFreed() {
    Embeddings a = embeddings();
    EncoderCache.Pin pin = cache.put("a", a);
    cache.put("b", embeddings()).close();
    cache.put("c", embeddings()).close();
    assertThat(a.isClosed()).isFalse();
    cache.close();
    assertThat(a.isClosed()).isFalse();
    pin.close();
    pin.close();
    assertThat(a.isClosed()).isTrue();
    assertThat(cache.pins()).isZero();
  }

  @Test
  void whatIsTooLargeLivesAsLongAsItsPin() {
    Embeddings large = new Embeddings(new ImageGrid(1, 8, 10, 2), 4, DType.FLOAT32);
    EncoderCache.Pin pin = cache.put("large", large);
    assertThat(large.isClosed()).isFalse();
    pin.close();
    assertThat(large.isClosed()).isTrue();
    assertThat(cache.byteSize()).isZero();
  }

  @Test
  void twoOfOneKeyBecomeOne() {
    Embeddings first = embeddings();
    Embeddings second = embeddings();
    EncoderCache.Pin a = cache.put("a", first);
    EncoderCache.Pin b = cache.put("a", second);
    assertThat(second.isClosed()).isTrue();
    assertThat(b.embeddings()).isSameAs(first);
    a.close();
    b.close();
    assertThat(cache.pins()).isZero();
    assertThat(cache.byteSize()).isEqualTo(32);
  }

  private static Embeddings embeddings() {
    return new Embeddings(new ImageGrid(1, 2, 4, 2), 4, DType.FLOAT32);
  }
}

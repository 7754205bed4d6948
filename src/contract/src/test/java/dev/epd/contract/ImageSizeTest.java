package dev.epd.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ImageSizeTest {
  @Test
  void sizesDouble() {
    assertThat(IntStream.range(0, ImageSize.CLASSES).mapToObj(ImageSize::label))
        .containsExactly("256", "512", "1024", "2048", "4096", "8192", "16384", "more");
    assertThat(IntStream.of(0, 256, 257, 512, 16_384, 16_385, 1 << 30).map(ImageSize::of))
        .containsExactly(0, 0, 1, 1, 6, 7, 7);
  }
}

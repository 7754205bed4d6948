package dev.epd.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.autoscaler.Mix;
import dev.epd.contract.ImageSize;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The classes of size that pods count images in are those that the autoscaler knows. */
class SizesTest {
  @Test
  void podsAndAutoscalerSortImagesAlike() {
    assertThat(IntStream.range(0, Mix.SIZES).mapToObj(Mix::label))
        .containsExactlyElementsOf(
            IntStream.range(0, ImageSize.CLASSES).mapToObj(ImageSize::label).toList());
    for (int patches = 0; patches < 20_000; patches++) {
      assertThat(Mix.sizeOf(patches)).isEqualTo(ImageSize.of(patches));
    }
  }
}

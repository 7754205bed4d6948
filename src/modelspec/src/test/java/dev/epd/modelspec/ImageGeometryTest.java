package dev.epd.modelspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.modelspec.ImageGeometry.Size;
import dev.epd.modelspec.InvalidInputException.Reason;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ImageGeometryTest {
  /** The settings of the published 3B and 7B checkpoints. */
  private static final PreprocessorConfig PUBLISHED =
      new PreprocessorConfig(
          3136, 12_845_056, 14, 2, 2, PreprocessorConfig.CLIP_MEAN, PreprocessorConfig.CLIP_STD);

  private final ImageGeometry geometry = new ImageGeometry(PUBLISHED);

  @Property
  void resultsFitTheModel(
      @ForAll @IntRange(min = 1, max = 20_000) int width,
      @ForAll @IntRange(min = 1, max = 20_000) int height) {
    Assume.that(Math.max(width, height) <= 200L * Math.min(width, height));
    Size size = geometry.resized(width, height);
    assertThat(size.width() % 28).isZero();
    assertThat(size.height() % 28).isZero();
    assertThat((long) size.width() * size.height()).isBetween(3136L, 12_845_056L);
    ImageGrid grid = geometry.grid(width, height);
    assertThat(grid.patches()).isEqualTo(size.width() / 14 * (size.height() / 14));
    assertThat(grid.tokens() * 4).isEqualTo(grid.patches());
    assertThat(grid.tokenRows() * grid.tokenColumns()).isEqualTo(grid.tokens());
    Size turned = geometry.resized(/* width= */ height, /* height= */ width);
    assertThat(turned.width()).isEqualTo(size.height());
    assertThat(turned.height()).isEqualTo(size.width());
  }

  @Property
  void sizesBetweenTheBoundsMoveByHalfACellAtMost(
      @ForAll @IntRange(min = 70, max = 3000) int width,
      @ForAll @IntRange(min = 70, max = 3000) int height) {
    Size size = geometry.resized(width, height);
    assertThat(Math.abs(size.width() - width)).isLessThanOrEqualTo(14);
    assertThat(Math.abs(size.height() - height)).isLessThanOrEqualTo(14);
    assertThat(geometry.resized(size.width(), size.height())).isEqualTo(size);
  }

  @Example
  void halvesRoundToEvenAsInPython() {
    assertThat(geometry.resized(70, 98)).isEqualTo(new Size(56, 112));
    assertThat(geometry.resized(126, 154)).isEqualTo(new Size(112, 168));
  }

  @Example
  void aSinglePixelIsEnlargedAsTheReferenceDoes() {
    assertThat(geometry.resized(1, 1)).isEqualTo(new Size(56, 56));
    assertThat(geometry.grid(1, 1)).isEqualTo(new ImageGrid(1, 4, 4, 2));
    assertThat(geometry.resized(1, 200)).isEqualTo(new Size(28, 812));
  }

  @Example
  void stripsAndEmptyImagesAreRefused() {
    for (int[] bad : new int[][] {{1, 201}, {4021, 20}, {0, 5}, {5, -1}}) {
      assertThatThrownBy(() -> geometry.resized(bad[0], bad[1]))
          .isInstanceOfSatisfying(
              InvalidInputException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.IMAGE_SHAPE))
          .hasMessageContaining(bad[0] + " x " + bad[1]);
    }
  }

  @Example
  void hugeHeadersAreRefusedByPixels() {
    Limits limits = Limits.defaults(1024);
    limits.checkImagePixels(8000, 5000);
    limits.checkImageBytes(20 << 20);
    assertThatThrownBy(() -> limits.checkImagePixels(65_535, 65_535))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("65535 x 65535; at most 40000000 pixels");
    assertThatThrownBy(() -> limits.checkImageBytes((20 << 20) + 1))
        .isInstanceOf(InvalidInputException.class);
  }
}

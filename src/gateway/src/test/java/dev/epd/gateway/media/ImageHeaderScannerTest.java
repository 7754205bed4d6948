package dev.epd.gateway.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.gateway.Pictures;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.ImageIO;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageHeaderScannerTest {

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpg", "gif"})
  void readsFilesThatARealWriterMade(String format) throws Exception {
    var out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(123, 45, BufferedImage.TYPE_INT_RGB), format, out);
    ImageHeader header = ImageHeaderScanner.scan(out.toByteArray());
    assertThat(header.width()).isEqualTo(123);
    assertThat(header.height()).isEqualTo(45);
    assertThat(header.orientation()).isEqualTo(1);
  }

  @Property(tries = 200)
  void findsTheOrientationWhereverItStands(
      @ForAll @IntRange(min = 1, max = 8) int orientation,
      @ForAll @IntRange(max = 60_000) int padding,
      @ForAll boolean little)
      throws ImageHeaderException {
    ByteOrder order = little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    ImageHeader header =
        ImageHeaderScanner.scan(Pictures.jpeg(640, 480, orientation, padding, order));
    assertThat(header).isEqualTo(new ImageHeader(ImageType.JPEG, 640, 480, orientation));
    boolean turned = orientation >= 5;
    assertThat(header.shownWidth()).isEqualTo(turned ? 480 : 640);
    assertThat(header.shownHeight()).isEqualTo(turned ? 640 : 480);
  }

  @Test
  void anImpossibleOrientationIsIgnored() throws Exception {
    byte[] file = Pictures.jpeg(10, 20, 9, 0, ByteOrder.BIG_ENDIAN);
    assertThat(ImageHeaderScanner.scan(file).orientation()).isEqualTo(1);
  }

  @Test
  void readsTheThreeKindsOfWebp() throws Exception {
    var lossy = webp("VP8 ", 10).put(new byte[3]).put(new byte[] {(byte) 0x9d, 1, 0x2a});
    lossy.putShort((short) 300).putShort((short) 200);
    assertThat(ImageHeaderScanner.scan(lossy.array()))
        .isEqualTo(new ImageHeader(ImageType.WEBP, 300, 200, 1));

    var lossless = webp("VP8L", 5).put((byte) 0x2f).putInt(299 | 199 << 14);
    assertThat(ImageHeaderScanner.scan(lossless.array()))
        .isEqualTo(new ImageHeader(ImageType.WEBP, 300, 200, 1));

    var extended = webp("VP8X", 10 + 8 + 26).putInt(16, 10).put(new byte[4]);
    extended.put(new byte[] {43, 1, 0, (byte) 199, 0, 0});
    extended.put(20, (byte) 8);
    extended.put("EXIF".getBytes(StandardCharsets.US_ASCII)).putInt(26);
    extended.put("II*\0".getBytes(StandardCharsets.US_ASCII)).putInt(8).putShort((short) 1);
    extended.putShort((short) 0x112).putShort((short) 3).putInt(1).putInt(6);
    assertThat(ImageHeaderScanner.scan(extended.array()))
        .isEqualTo(new ImageHeader(ImageType.WEBP, 300, 200, 6));
  }

  private static ByteBuffer webp(String chunk, int length) {
    return ByteBuffer.allocate(20 + length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("RIFF".getBytes(StandardCharsets.US_ASCII))
        .putInt(12 + length)
        .put("WEBP".getBytes(StandardCharsets.US_ASCII))
        .put(chunk.getBytes(StandardCharsets.US_ASCII))
        .putInt(length);
  }

  @Test
  void everyTruncationOfAHeaderIsRefused() throws IOException {
    var out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(9, 7, BufferedImage.TYPE_INT_RGB), "jpg", out);
    byte[] whole = out.toByteArray();
    for (int length = 0; length < 100; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> ImageHeaderScanner.scan(cut))
          .isInstanceOf(ImageHeaderException.class);
    }
  }

  @Property(tries = 3000)
  void anyBytesGiveAHeaderOrTheNamedError(
      @ForAll @IntRange(max = 5) int kind, @ForAll @Size(max = 200) byte[] tail) {
    byte[][] starts = {
      {},
      Arrays.copyOf(Pictures.png(5, 5, 1), 16),
      {(byte) 0xff, (byte) 0xd8, (byte) 0xff},
      "GIF89a".getBytes(StandardCharsets.US_ASCII),
      "RIFF0000WEBPVP8X".getBytes(StandardCharsets.US_ASCII),
      "RIFF0000WEBPVP8L".getBytes(StandardCharsets.US_ASCII)
    };
    byte[] file = Arrays.copyOf(starts[kind], starts[kind].length + tail.length);
    System.arraycopy(tail, 0, file, starts[kind].length, tail.length);
    try {
      ImageHeader header = ImageHeaderScanner.scan(file);
      assertThat(header.width()).isPositive();
      assertThat(header.height()).isPositive();
      assertThat(header.orientation()).isBetween(1, 8);
    } catch (ImageHeaderException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @Property(tries = 2000)
  void aFlippedByteGivesAHeaderOrTheNamedError(
      @ForAll @IntRange(max = 250) int at, @ForAll byte value) {
    byte[] file = Pictures.jpeg(640, 480, 6, 40, ByteOrder.LITTLE_ENDIAN);
    file[at % file.length] = value;
    try {
      assertThat(ImageHeaderScanner.scan(file).pixels()).isPositive();
    } catch (ImageHeaderException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}

package dev.epd.runtime.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.runtime.model.qwen25vl.Goldens;
import java.awt.Point;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {
  private static final long MANY = 40_000_000;

  private final ImageDecoder decoder = new ImageDecoder(MANY);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alpha.png",
        "exact.png",
        "grey.png",
        "palette.png",
        "odd.png",
        "exif6.jpg",
        "large.jpg"
      })
  void samplesAreThoseOfTheReferenceDecoder(String file) throws Exception {
    RgbImage got = decoder.decode(golden(file));
    RgbImage expected = decoder.decode(golden("decoded/" + file.replaceAll("\\..*", ".png")));
    assertThat(got.width()).isEqualTo(expected.width());
    assertThat(got.height()).isEqualTo(expected.height());
    int max = 0;
    for (int i = 0; i < got.samples().length; i++) {
      max = Math.max(max, Math.abs((got.samples()[i] & 0xff) - (expected.samples()[i] & 0xff)));
    }
    // The inverse transform of JPEG may be rounded differently by another decoder.
    assertThat(max).isLessThanOrEqualTo(file.endsWith(".jpg") ? 2 : 0);
  }

  @Test
  void greyWithAlphaAndSixteenBits() throws Exception {
    BufferedImage deep = new BufferedImage(3, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setSample(1, 0, 0, 0x80FF);
    assertThat(decoder.decode(write(deep, "png")).samples())
        .containsExactly(0, 0x80, 0, 0, 0x80, 0, 0, 0x80, 0);

    BufferedImage bits = new BufferedImage(9, 1, BufferedImage.TYPE_BYTE_BINARY);
    bits.getRaster().setSample(8, 0, 0, 1);
    byte[] samples = decoder.decode(write(bits, "png")).samples();
    assertThat(samples[8] & 0xff).isEqualTo(255);
    assertThat(samples[7]).isZero();
  }

  @Test
  void gifFrameStandsOnItsScreen() throws Exception {
    BufferedImage image = new BufferedImage(4, 3, BufferedImage.TYPE_BYTE_INDEXED);
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 4; x++) {
        image.setRGB(x, y, 0xFFFF0000);
      }
    }
    byte[] gif = write(image, "gif");
    RgbImage plain = decoder.decode(gif);
    assertThat(plain.width()).isEqualTo(4);
    assertThat(plain.samples()[0] & 0xff).isEqualTo(255);
    assertThat(plain.samples()[12]).isZero();

    gif[6] = 6; // a wider screen than the frame
    RgbImage wide = decoder.decode(gif);
    assertThat(wide.width()).isEqualTo(6);
    assertThat(wide.height()).isEqualTo(3);
    assertThat(wide.samples()[3] & 0xff).isEqualTo(255);
    assertThat(wide.samples()[4]).isZero();
  }

  @Test
  void webp() throws Exception {
    RgbImage got = decoder.decode(webp(4, 2, 200, 100, 50));
    assertThat(got.width()).isEqualTo(4);
    assertThat(got.height()).isEqualTo(2);
    byte[] expected = new byte[24];
    Arrays.fill(expected, 0, 8, (byte) 200);
    Arrays.fill(expected, 8, 16, (byte) 100);
    Arrays.fill(expected, 16, 24, (byte) 50);
    assertThat(got.samples()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 123456",
    "2, 321654",
    "3, 654321",
    "4, 456123",
    "5, 142536",
    "6, 415263",
    "7, 635241",
    "8, 362514"
  })
  void orientations(int orientation, String expected) {
    byte[] one = {'1', '2', '3', '4', '5', '6'};
    byte[] samples = new byte[18];
    for (int i = 0; i < 3; i++) {
      System.arraycopy(one, 0, samples, 6 * i, 6);
    }
    RgbImage got = new RgbImage(3, 2, samples).oriented(orientation);
    assertThat(got.width()).isEqualTo(orientation >= 5 ? 2 : 3);
    assertThat(new String(got.samples(), StandardCharsets.US_ASCII)).isEqualTo(expected.repeat(3));
  }

  @Test
  void orientationOfAPng() throws Exception {
    byte[] tiff = {
      'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0
    };
    byte[] png = write(new BufferedImage(5, 2, BufferedImage.TYPE_INT_RGB), "png");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(png, 0, 33);
    out.write(chunk("eXIf", tiff));
    out.write(png, 33, png.length - 33);
    RgbImage got = decoder.decode(out.toByteArray());
    assertThat(got.width()).isEqualTo(2);
    assertThat(got.height()).isEqualTo(5);
  }

  @Test
  void aTruncatedJpegIsRefused() throws Exception {
    byte[] whole = golden("large.jpg");
    for (int part : new int[] {2, 3, 5, 10}) {
      byte[] cut = Arrays.copyOf(whole, whole.length - whole.length / part);
      refused(cut, "damaged or cut short");
    }
  }

  @Test
  void aTruncatedOrDamagedPngIsRefused() throws Exception {
    byte[] whole = golden("exact.png");
    refused(Arrays.copyOf(whole, whole.length / 2), "damaged or cut short");
    refused(Arrays.copyOf(whole, 20), "damaged or cut short");
    byte[] damaged = whole.clone();
    Arrays.fill(damaged, 100, 200, (byte) 0x55);
    refused(damaged, "damaged or cut short");
  }

  @Test
  void aHugeHeaderIsRefusedBeforeDecoding() throws Exception {
    byte[] png = golden("exact.png").clone();
    ByteBuffer.wrap(png).putInt(16, 65535).putInt(20, 65535);
    CRC32 crc = new CRC32();
    crc.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    refused(png, "65535 x 65535; at most 40000000 pixels");
  }

  @Test
  void otherBytesAreRefused() {
    refused(new byte[0], "send PNG, JPEG, GIF or WebP");
    refused("<svg/>".getBytes(StandardCharsets.UTF_8), "send PNG, JPEG, GIF or WebP");
  }

  @Test
  void aCmykJpegIsRefusedByName() throws Exception {
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 8, 8, 4, new Point());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(
          writer.getDefaultImageMetadata(
              ImageTypeSpecifier.createFromBufferedImageType(BufferedImage.TYPE_4BYTE_ABGR), null),
          new IIOImage(raster, null, null),
          null);
    } finally {
      writer.dispose();
    }
    refused(out.toByteArray(), "CMYK");
  }

  @Test
  void noDamageEscapesAsAnotherException() throws Exception {
    // Damaged headers may claim any size; a small limit keeps the test from decoding large nothing.
    ImageDecoder small = new ImageDecoder(100_000);
    Random random = new Random(7);
    System.out.println("seed 7");
    byte[] gif = write(new BufferedImage(20, 20, BufferedImage.TYPE_BYTE_INDEXED), "gif");
    for (byte[] whole :
        new byte[][] {golden("odd.png"), golden("exif6.jpg"), gif, webp(9, 9, 1, 2, 3)}) {
      for (int i = 0; i < 150; i++) {
        byte[] damaged = whole.clone();
        for (int j = 0; j < 1 + random.nextInt(8); j++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        try {
          assertThat(small.decode(damaged).samples()).isNotEmpty();
        } catch (InvalidImageException e) {
          assertThat(e.getMessage()).startsWith("the image").doesNotContain("Exception");
        }
      }
    }
  }

  private void refused(byte[] bytes, String message) {
    assertThatThrownBy(() -> decoder.decode(bytes))
        .isInstanceOf(InvalidImageException.class)
        .hasMessageContaining(message);
  }

  private static byte[] golden(String file) throws IOException {
    return Files.readAllBytes(Goldens.models().resolve("goldens/images").resolve(file));
  }

  private static byte[] write(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, format, out)).isTrue();
    return out.toByteArray();
  }

  /** A lossless WebP of one colour: every prefix code has one symbol, so pixels take no bits. */
  private static byte[] webp(int width, int height, int red, int green, int blue) {
    BigInteger bits = BigInteger.ZERO;
    int at = 0;
    int[][] fields = {
      {0x2F, 8}, {width - 1, 14}, {height - 1, 14}, {0, 1}, {0, 3}, {0, 1}, {0, 1}, {0, 1},
      {0b101, 3}, {green, 8}, {0b101, 3}, {red, 8}, {0b101, 3}, {blue, 8}, {0b101, 3}, {255, 8},
      {0b001, 3}, {0, 1}
    };
    for (int[] field : fields) {
      bits = bits.or(BigInteger.valueOf(field[0]).shiftLeft(at));
      at += field[1];
    }
    byte[] big = bits.toByteArray();
    byte[] data = new byte[16];
    for (int i = 0; i < big.length; i++) {
      data[big.length - 1 - i] = big[i];
    }
    ByteBuffer out = ByteBuffer.allocate(20 + data.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(12 + data.length);
    out.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII)).putInt(data.length).put(data);
    return out.array();
  }

  private static byte[] chunk(String type, byte[] data) {
    byte[] out = new byte[12 + data.length];
    ByteBuffer buffer = ByteBuffer.wrap(out);
    buffer.putInt(data.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
    CRC32 crc = new CRC32();
    crc.update(out, 4, 4 + data.length);
    buffer.putInt((int) crc.getValue());
    return out;
  }
}

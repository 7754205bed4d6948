package dev.epd.bench;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures of one size that all differ, so that no cache answers for a model. */
final class Pictures {
  static final int WIDTH = 196;
  static final int HEIGHT = 112;

  private final Random random;
  private int drawn;

  Pictures(long seed) {
    random = new Random(seed);
  }

  /**
   * @param truth what a right answer says
   */
  record Drawn(byte[] png, String truth) {}

  synchronized Drawn next() throws IOException {
    Colour left = any(Colour.values());
    Shape leftShape = any(Shape.values());
    Colour right = any(Colour.values());
    Shape rightShape = any(Shape.values());
    if (left == right && leftShape == rightShape) {
      return next(); // no sentence of the kind the model learned is true of two equal shapes
    }
    ShapePicture picture =
        ShapePicture.sideBySide(WIDTH, HEIGHT, left, leftShape, right, rightShape);
    return new Drawn(numbered(picture.png(), drawn++), picture.truth());
  }

  private <T> T any(T[] values) {
    return values[random.nextInt(values.length)];
  }

  /** The number is the colour of one corner pixel: seen by a hash, not by the model. */
  private static byte[] numbered(byte[] png, int number) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    image.setRGB(0, 0, 0xE8E6E2 ^ number);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }
}

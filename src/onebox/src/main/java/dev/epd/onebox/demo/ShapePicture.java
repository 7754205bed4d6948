package dev.epd.onebox.demo;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Polygon;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/**
 * A picture of one or two coloured shapes on a light ground, of the kind the bundled model was
 * trained on, and the sentence that is true of it.
 *
 * @param width pixels
 * @param height pixels
 * @param shapes one or two, in the order the sentence names them
 * @param truth the answer to "What is in the picture?"
 */
public record ShapePicture(int width, int height, List<Placed> shapes, String truth) {

  public enum Shape {
    CIRCLE,
    SQUARE,
    TRIANGLE
  }

  public enum Colour {
    RED(new Color(214, 40, 40)),
    GREEN(new Color(44, 160, 60)),
    BLUE(new Color(40, 80, 210)),
    YELLOW(new Color(235, 200, 30)),
    PURPLE(new Color(140, 60, 170));

    private final Color paint;

    Colour(Color paint) {
      this.paint = paint;
    }
  }

  /**
   * @param x centre, as a share of the width
   * @param y centre, as a share of the height
   */
  public record Placed(Colour colour, Shape shape, double x, double y) {
    String name() {
      return (colour + " " + shape).toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Bytes of the signature and the header, where other chunks may begin. */
  private static final int AFTER_HEADER = 33;

  private static final int CHUNK_TYPE = 4;

  private static final Color GROUND = new Color(232, 230, 226);

  /** Radius as a share of the shorter side; the model has seen 0.12 to 0.19. */
  private static final double RADIUS = 0.16;

  public static ShapePicture one(int width, int height, Colour colour, Shape shape) {
    Placed only = new Placed(colour, shape, 0.5, 0.5);
    return new ShapePicture(width, height, List.of(only), "A " + only.name() + ".");
  }

  public static ShapePicture sideBySide(
      int width, int height, Colour a, Shape left, Colour b, Shape right) {
    return two(
        width, height, new Placed(a, left, 0.25, 0.5), "left of", new Placed(b, right, 0.75, 0.5));
  }

  public static ShapePicture stacked(
      int width, int height, Colour a, Shape upper, Colour b, Shape lower) {
    return two(
        width, height, new Placed(a, upper, 0.5, 0.25), "above", new Placed(b, lower, 0.5, 0.75));
  }

  private static ShapePicture two(int width, int height, Placed a, String relation, Placed b) {
    return new ShapePicture(
        width, height, List.of(a, b), "A " + a.name() + " " + relation + " a " + b.name() + ".");
  }

  public byte[] png() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(GROUND);
    graphics.fillRect(0, 0, width, height);
    shapes.forEach(shape -> draw(graphics, shape));
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The same picture in another file, by a comment: no cache knows it. */
  public static byte[] another(byte[] png, long number) {
    byte[] typed = ("tEXtComment\0" + number).getBytes(StandardCharsets.ISO_8859_1);
    CRC32 sum = new CRC32();
    sum.update(typed);
    return ByteBuffer.allocate(png.length + typed.length + 8)
        .put(png, 0, AFTER_HEADER)
        .putInt(typed.length - CHUNK_TYPE)
        .put(typed)
        .putInt((int) sum.getValue())
        .put(png, AFTER_HEADER, png.length - AFTER_HEADER)
        .array();
  }

  public static String dataUrl(byte[] png) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
  }

  private void draw(Graphics2D graphics, Placed placed) {
    double x = placed.x * width;
    double y = placed.y * height;
    double r = RADIUS * Math.min(width, height);
    graphics.setColor(placed.colour.paint);
    switch (placed.shape) {
      case CIRCLE -> graphics.fillOval(round(x - r), round(y - r), round(2 * r), round(2 * r));
      case SQUARE -> {
        double half = 0.88 * r;
        graphics.fillRect(round(x - half), round(y - half), round(2 * half), round(2 * half));
      }
      case TRIANGLE -> {
        Polygon triangle = new Polygon();
        triangle.addPoint(round(x), round(y - r));
        triangle.addPoint(round(x - r), round(y + 0.8 * r));
        triangle.addPoint(round(x + r), round(y + 0.8 * r));
        graphics.fillPolygon(triangle);
      }
    }
  }

  private static int round(double pixels) {
    return (int) Math.round(pixels);
  }
}

package dev.epd.contract;

/**
 * Classes of images by their patches, as the label {@code size} of metrics of images has them: up
 * to 256 patches, up to 512 and so on by doubling, and more than 16,384.
 */
public final class ImageSize {
  /** How many classes there are; they are numbered from 0. */
  public static final int CLASSES = 8;

  /** Name of the label. */
  public static final String LABEL = "size";

  private static final int SMALLEST = 256;

  private ImageSize() {}

  /** The class of an image of so many patches. */
  public static int of(long patches) {
    int size = 0;
    while (size < CLASSES - 1 && patches > SMALLEST << size) {
      size++;
    }
    return size;
  }

  /** The label's value for a class: the most patches of its images, or {@code more}. */
  public static String label(int size) {
    return size == CLASSES - 1 ? "more" : Integer.toString(SMALLEST << size);
  }
}

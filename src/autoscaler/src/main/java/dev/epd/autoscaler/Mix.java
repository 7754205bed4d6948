package dev.epd.autoscaler;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Images and their patches by size of image, since images of different sizes may differ in what a
 * patch of them costs: attention over all patches grows with their square.
 */
public final class Mix {
  /** Classes of size: up to 256 patches, 512 and so on by doubling, and all above 16,384. */
  public static final int SIZES = 8;

  /** Nothing. */
  public static final Mix NONE = new Mix(new double[2 * (SIZES + 1)]);

  private static final int SMALLEST = 256;

  /** Where the size is not told. */
  private static final int UNSIZED = SIZES;

  /** Where patches begin. */
  private static final int PATCHES = SIZES + 1;

  /** Images by class, then patches: one array, since a decision reads thousands of them. */
  private final double[] figures;

  private final double images;
  private final double patches;
  private final boolean sound;
  private final boolean sized;

  private Mix(double[] figures) {
    this.figures = figures;
    double sumOfImages = 0;
    double sumOfPatches = 0;
    boolean noneNegative = true;
    for (int i = 0; i < PATCHES; i++) {
      sumOfImages += figures[i];
      sumOfPatches += figures[PATCHES + i];
      noneNegative &= figures[i] >= 0 && figures[PATCHES + i] >= 0;
    }
    images = sumOfImages;
    patches = sumOfPatches;
    sound = noneNegative && sumOfImages + sumOfPatches < Double.POSITIVE_INFINITY;
    sized = sound && sumOfPatches > 0 && figures[UNSIZED] == 0 && figures[PATCHES + UNSIZED] == 0;
  }

  /** Images whose sizes are not known. */
  public static Mix unsized(double images, double patches) {
    return new Builder().addUnsized(images, patches).build();
  }

  /** The class of an image, from 0. */
  public static int sizeOf(double patches) {
    int size = 0;
    while (size < SIZES - 1 && patches > SMALLEST << size) {
      size++;
    }
    return size;
  }

  /** The name of a class: most patches of an image, or {@code more}. */
  public static String label(int size) {
    return size == SIZES - 1 ? "more" : Integer.toString(SMALLEST << size);
  }

  /** The class of a name, if there is one. */
  public static OptionalInt sizeNamed(String label) {
    for (int size = 0; size < SIZES; size++) {
      if (label(size).equals(label)) {
        return OptionalInt.of(size);
      }
    }
    return OptionalInt.empty();
  }

  /** All images. */
  public double images() {
    return images;
  }

  /** All patches. */
  public double patches() {
    return patches;
  }

  /** Patches of a class, with what its images cost by themselves. */
  double work(int size, double overheadPatches) {
    return figures[PATCHES + size] + overheadPatches * figures[size];
  }

  /** The same where the size is not told. */
  double unsizedWork(double overheadPatches) {
    return work(UNSIZED, overheadPatches);
  }

  /** Whether there are images, of sizes that are all told. */
  boolean isSized() {
    return sized;
  }

  /** Whether every figure is a finite number that is not negative. */
  boolean isSound() {
    return sound;
  }

  Mix minus(Mix before) {
    double[] rest = new double[2 * PATCHES];
    for (int i = 0; i < rest.length; i++) {
      rest[i] = figures[i] - before.figures[i];
    }
    return new Mix(rest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mix mix && Arrays.equals(figures, mix.figures);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(figures);
  }

  @Override
  public String toString() {
    return "images, then patches, by size: " + Arrays.toString(figures);
  }

  /** Adds up a mix. */
  public static final class Builder {
    private final double[] figures = new double[2 * PATCHES];

    /** Images of one class, see {@link #sizeOf}. */
    public Builder add(int size, double images, double patches) {
      figures[size] += images;
      figures[PATCHES + size] += patches;
      return this;
    }

    /** Images whose sizes are not known. */
    public Builder addUnsized(double images, double patches) {
      return add(UNSIZED, images, patches);
    }

    /** What was added so far. */
    public Mix build() {
      return new Mix(figures.clone());
    }
  }
}

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
  public static final Mix NONE = new Mix(new double[SIZES + 1], new double[SIZES + 1]);

  private static final int SMALLEST = 256;

  /** Where the size is not told. */
  private static final int UNSIZED = SIZES;

  private final double[] images;
  private final double[] patches;
  private final double allImages;
  private final double allPatches;

  private Mix(double[] images, double[] patches) {
    this.images = images;
    this.patches = patches;
    this.allImages = sum(images);
    this.allPatches = sum(patches);
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  /** Images whose sizes are not known. */
  public static Mix unsized(double images, double patches) {
    return new Builder().addUnsized(images, patches).build();
  }

  /** The class of an image, from 0. */
  public static int sizeOf(double patches) {
    int size = 0;
    while (size < SIZES - 1 && patches > largest(size)) {
      size++;
    }
    return size;
  }

  /** Most patches of an image of a class; of the last one infinitely many. */
  static double largest(int size) {
    return size == SIZES - 1 ? Double.POSITIVE_INFINITY : SMALLEST << size;
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
    return allImages;
  }

  /** All patches. */
  public double patches() {
    return allPatches;
  }

  /** Patches of a class, with what its images cost by themselves. */
  double work(int size, double overheadPatches) {
    return patches[size] + overheadPatches * images[size];
  }

  /** The same where the size is not told. */
  double unsizedWork(double overheadPatches) {
    return work(UNSIZED, overheadPatches);
  }

  /** Whether there are images, of sizes that are all told. */
  boolean isSized() {
    for (int i = 0; i < SIZES; i++) {
      if (images[i] < 0 || patches[i] < 0) {
        return false;
      }
    }
    return allPatches > 0 && images[UNSIZED] == 0 && patches[UNSIZED] == 0;
  }

  Mix minus(Mix before) {
    double[] fewer = images.clone();
    double[] less = patches.clone();
    for (int i = 0; i <= SIZES; i++) {
      fewer[i] -= before.images[i];
      less[i] -= before.patches[i];
    }
    return new Mix(fewer, less);
  }

  /** Whether every figure is a finite number that is not negative. */
  boolean isSound() {
    for (int i = 0; i <= SIZES; i++) {
      if (!(images[i] >= 0 && patches[i] >= 0)) {
        return false;
      }
    }
    return allImages + allPatches < Double.POSITIVE_INFINITY;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mix mix
        && Arrays.equals(images, mix.images)
        && Arrays.equals(patches, mix.patches);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(images) + Arrays.hashCode(patches);
  }

  @Override
  public String toString() {
    return "images %s of %s patches".formatted(Arrays.toString(images), Arrays.toString(patches));
  }

  /** Adds up a mix. */
  public static final class Builder {
    private final double[] images = new double[SIZES + 1];
    private final double[] patches = new double[SIZES + 1];

    /** Images of one class, see {@link #sizeOf}. */
    public Builder add(int size, double images, double patches) {
      this.images[size] += images;
      this.patches[size] += patches;
      return this;
    }

    /** Images whose sizes are not known. */
    public Builder addUnsized(double images, double patches) {
      return add(UNSIZED, images, patches);
    }

    /** What was added so far. */
    public Mix build() {
      return new Mix(images.clone(), patches.clone());
    }
  }
}

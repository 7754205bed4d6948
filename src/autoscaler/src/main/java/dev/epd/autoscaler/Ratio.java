package dev.epd.autoscaler;

import org.jspecify.annotations.Nullable;

/**
 * How many pods of one pool there may be for each of another.
 *
 * @param numerator the one pool
 * @param denominator the other
 * @param min fewest of the one for each of the other; null = any
 * @param max most of the one for each of the other; null = any
 */
public record Ratio(
    String numerator, String denominator, @Nullable Double min, @Nullable Double max) {
  /** Keeps what is exact in decimals from being rounded to one pod more or less. */
  private static final double ROUNDING = 1e-9;

  /** Checks the figures. */
  public Ratio {
    if (numerator.equals(denominator)) {
      throw new IllegalArgumentException("a ratio of " + numerator + " to itself");
    }
    if ((min != null && !(min > 0)) || (max != null && !(max > 0))) {
      throw new IllegalArgumentException(
          "a ratio needs figures above 0, got %s and %s".formatted(min, max));
    }
  }

  /** As in {@code encoder:prefill}. */
  public String name() {
    return numerator + ":" + denominator;
  }

  boolean isAbout(String pool) {
    return pool.equals(numerator) || pool.equals(denominator);
  }

  /** The fewest of the numerator with so many of the denominator. */
  int fewestNumerators(int denominators) {
    return min == null ? 0 : up(min * denominators);
  }

  int mostNumerators(int denominators) {
    return max == null ? Integer.MAX_VALUE : down(max * denominators);
  }

  int fewestDenominators(int numerators) {
    return max == null ? 0 : up(numerators / max);
  }

  int mostDenominators(int numerators) {
    return min == null ? Integer.MAX_VALUE : down(numerators / min);
  }

  private static int up(double value) {
    return (int) Math.min(Integer.MAX_VALUE, Math.ceil(value - ROUNDING));
  }

  private static int down(double value) {
    return (int) Math.min(Integer.MAX_VALUE, Math.floor(value + ROUNDING));
  }
}

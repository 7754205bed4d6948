package dev.epd.simulator.trace;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Random variates from one seeded stream. */
final class Draw {
  private final RandomGenerator random;

  Draw(long seed) {
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  /** In [0, 1). */
  double uniform() {
    return random.nextDouble();
  }

  double exponential() {
    return random.nextExponential();
  }

  double gaussian() {
    return random.nextGaussian();
  }

  /** Standard Gamma; Marsaglia and Tsang 2000, with their boost for shapes below 1. */
  double gamma(double shape) {
    if (shape < 1) {
      return gamma(shape + 1) * Math.pow(1 - random.nextDouble(), 1 / shape);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double v = 1 + c * x;
      if (v > 0) {
        v = v * v * v;
        if (Math.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
          return d * v;
        }
      }
    }
  }

  /** Standard Weibull. */
  double weibull(double shape) {
    return Math.pow(random.nextExponential(), 1 / shape);
  }

  /** How often something of the given mean happens. */
  int poisson(double mean) {
    int count = 0;
    for (double sum = random.nextExponential(); sum < mean; sum += random.nextExponential()) {
      count++;
    }
    return count;
  }
}

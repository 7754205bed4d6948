package dev.epd.simulator.trace;

/**
 * Requests described by means: arrivals are a renewal process with a given coefficient of variation
 * (1 = Poisson), images per request are Poisson, sizes and lengths vary as in ServeGen's data
 * (coefficient of variation 0.87).
 *
 * @param requestsPerSecond mean rate
 * @param variation coefficient of variation of the gaps between requests
 * @param images mean images of a request
 * @param patches mean patches of an image
 * @param textTokens mean tokens of text
 * @param outputTokens mean tokens of an answer
 */
public record Rates(
    double seconds,
    double requestsPerSecond,
    double variation,
    double images,
    double patches,
    double textTokens,
    double outputTokens)
    implements Source {
  private static final double SIZE_SHAPE = 1 / (0.87 * 0.87);

  /** Checks the figures. */
  public Rates {
    if (!(requestsPerSecond > 0) || !(variation > 0) || !(seconds > 0)) {
      throw new IllegalArgumentException("rate, cv and seconds must be above 0");
    }
    if (!(images >= 0) || !(patches >= 0) || !(textTokens >= 0) || !(outputTokens >= 0)) {
      throw new IllegalArgumentException("images, patches, text and output must not be negative");
    }
  }

  @Override
  public String name() {
    return "rates";
  }

  @Override
  public void emit(long seed, Requests out) {
    Draw draw = new Draw(seed);
    double shape = 1 / (variation * variation);
    double scale = 1 / (requestsPerSecond * shape);
    for (double at = scale * draw.gamma(shape); at < seconds; at += scale * draw.gamma(shape)) {
      out.accept(
          at,
          draw.poisson(images),
          size(draw, patches),
          size(draw, textTokens),
          size(draw, outputTokens));
    }
  }

  private static int size(Draw draw, double mean) {
    return mean == 0
        ? 0
        : (int) Math.max(1, Math.round(mean / SIZE_SHAPE * draw.gamma(SIZE_SHAPE)));
  }
}

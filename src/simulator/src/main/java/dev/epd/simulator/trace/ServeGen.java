package dev.epd.simulator.trace;

import dev.epd.simulator.trace.ServeGenData.Client;
import dev.epd.simulator.trace.ServeGenData.Sizes;
import dev.epd.simulator.trace.ServeGenData.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A day of a production vision-language service: 35 clients, each with its own arrival process and
 * sizes, after ServeGen (arXiv 2505.09999). Drawing per client keeps the bursts that one merged
 * process would average away.
 *
 * <p>In each window of ten minutes a client's arrivals are a stationary renewal process with the
 * measured rate and the fitted shape. A scale above 1 multiplies every client's rate and keeps its
 * coefficient of variation, as ServeGen's own generator does.
 *
 * @param seconds how much of the day, from its beginning
 */
public record ServeGen(ServeGenData data, double scale, double seconds) implements Source {
  /** A 2×2 square of patches gives one image token. */
  private static final int PATCHES_PER_TOKEN = 4;

  private record Arrival(double at, Client client) {}

  /** Twenty times the day's traffic: a pool of 11 encoders in the mean. */
  public static ServeGen day() {
    return new ServeGen(ServeGenData.bundled(), 20, 86_400);
  }

  @Override
  public String name() {
    return "servegen";
  }

  @Override
  public void emit(long seed, Requests out) {
    Draw draw = new Draw(seed);
    List<Arrival> arrivals = new ArrayList<>();
    for (int w = 0; w * ServeGenData.WINDOW < seconds; w++) {
      arrivals.clear();
      double from = w * (double) ServeGenData.WINDOW;
      double to = Math.min(seconds, from + ServeGenData.WINDOW);
      for (Client client : data.clients()) {
        draw(client, client.windows().get(w), from, to, draw, arrivals);
      }
      arrivals.sort(Comparator.comparingDouble(Arrival::at));
      for (Arrival arrival : arrivals) {
        Sizes sizes = arrival.client().sizes(arrival.at());
        out.accept(
            arrival.at(),
            sizes.images().draw(draw),
            PATCHES_PER_TOKEN * sizes.imageTokens().draw(draw),
            sizes.textTokens().draw(draw),
            sizes.outputTokens().draw(draw));
      }
    }
  }

  private void draw(
      Client client, Window window, double from, double to, Draw draw, List<Arrival> out) {
    if (window.rate() <= 0) {
      return;
    }
    double mean = 1 / (window.rate() * scale);
    double at = from + firstGap(window, mean, draw);
    while (at < to) {
      out.add(new Arrival(at, client));
      at += gap(window, mean, draw);
    }
  }

  private static double gap(Window window, double mean, Draw draw) {
    double shape = window.shape();
    return window.gamma()
        ? mean / shape * draw.gamma(shape)
        : mean / window.weibullMean() * draw.weibull(shape);
  }

  /**
   * The gap from a moment picked at random to the next arrival: a uniform part of a gap that is
   * picked in proportion to its length. Starting with a whole gap would begin every window with an
   * arrival, which for bursty clients adds half the square of the variation.
   */
  private static double firstGap(Window window, double mean, Draw draw) {
    double shape = window.shape();
    double biased =
        window.gamma()
            ? mean / shape * draw.gamma(shape + 1)
            : mean / window.weibullMean() * Math.pow(draw.gamma(1 + 1 / shape), 1 / shape);
    return draw.uniform() * biased;
  }
}

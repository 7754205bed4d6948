package dev.epd.simulator.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.epd.simulator.trace.ServeGenData.Client;
import dev.epd.simulator.trace.ServeGenData.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The generator against the data's own figures, within 5 %. */
class ServeGenTest {
  private static final ServeGenData DATA = ServeGenData.bundled();
  private static final long SEED = 20;
  private static final Percentage FIVE = Percentage.withPercentage(5);

  private record Drawn(TreeMap<Integer, Double> sizes, TreeMap<Integer, Double> counts) {}

  private static double[] requestsOfWindow = new double[144];
  private static final Drawn DRAWN = new Drawn(new TreeMap<>(), new TreeMap<>());
  private static final TreeMap<Integer, Double> TEXT = new TreeMap<>();
  private static final TreeMap<Integer, Double> OUTPUT = new TreeMap<>();
  private static long requests;

  @BeforeAll
  static void draw() {
    new ServeGen(DATA, 1, 86_400)
        .emit(
            SEED,
            (t, images, patches, text, output) -> {
              requests++;
              requestsOfWindow[(int) (t / ServeGenData.WINDOW)]++;
              DRAWN.counts().merge(images, 1.0, Double::sum);
              DRAWN.sizes().merge(patches / 4, 1.0, Double::sum);
              TEXT.merge(text, 1.0, Double::sum);
              OUTPUT.merge(output, 1.0, Double::sum);
            });
  }

  @Test
  void hasThirtyFiveClientsOfOneDay() {
    assertThat(DATA.clients()).hasSize(35);
    assertThat(DATA.clients())
        .allSatisfy(
            c -> {
              assertThat(c.windows()).hasSize(144);
              assertThat(c.periods()).hasSize(4);
            });
  }

  @Test
  void asManyRequestsAsTheDataHas() {
    assertThat((double) requests).isCloseTo(818_610, FIVE);
    assertThat(requests / 86_400.0).isCloseTo(9.47, FIVE);
  }

  @Test
  void theRateOfTheWindowsFollowsTheData() {
    double worst = 0;
    for (int w = 0; w < 144; w++) {
      double rate = rate(w);
      worst += Math.abs(requestsOfWindow[w] / ServeGenData.WINDOW / rate - 1) / 144;
    }
    assertThat(worst).as("mean deviation over the windows").isLessThan(0.05);
  }

  @Test
  void theVariationOfEachLargeClientFollowsTheData() {
    // At a hundred times the rate each window holds enough gaps to measure its variation.
    List<Client> large =
        DATA.clients().stream().filter(c -> c.windows().get(3).rate() > 0.2).toList();
    assertThat(large).isNotEmpty();
    for (Client client : large) {
      Window window = client.windows().get(3);
      if (window.cv() > 5) {
        continue; // Its fourth moment is so large that no run would measure it to 5 %.
      }
      ServeGenData alone =
          new ServeGenData(List.of(new Client(client.id(), List.of(window), client.periods())));
      List<Double> times = new ArrayList<>();
      new ServeGen(alone, 400, 600).emit(SEED, (t, i, p, x, o) -> times.add(t));
      assertThat(variation(times))
          .as("client %d, seed %d", client.id(), SEED)
          .isCloseTo(expectedVariation(window), FIVE);
    }
  }

  @Test
  void sizesAndCountsFollowTheData() {
    compare(DRAWN.sizes(), pooled(c -> c.imageTokens()), 0.25, 0.5, 0.75, 0.9, 0.99);
    compare(DRAWN.counts(), pooled(c -> c.images()), 0.5, 0.9, 0.99);
    compare(TEXT, pooled(c -> c.textTokens()), 0.5, 0.99);
    compare(OUTPUT, pooled(c -> c.outputTokens()), 0.5, 0.99);
    assertThat(mean(DRAWN.sizes())).isCloseTo(mean(pooled(c -> c.imageTokens())), FIVE);
    assertThat(mean(DRAWN.counts())).isCloseTo(1.59, FIVE);
  }

  @Test
  void theSameSeedGivesTheSameRequests() {
    List<String> one = new ArrayList<>();
    List<String> two = new ArrayList<>();
    ServeGen hour = new ServeGen(DATA, 1, 3600);
    hour.emit(7, (t, i, p, x, o) -> one.add(t + " " + i + " " + p + " " + x + " " + o));
    hour.emit(7, (t, i, p, x, o) -> two.add(t + " " + i + " " + p + " " + x + " " + o));
    assertThat(one).isEqualTo(two).isNotEmpty();
    hour.emit(8, (t, i, p, x, o) -> two.add(t + ""));
    assertThat(two).isNotEqualTo(one);
  }

  private static double rate(int window) {
    return DATA.clients().stream().mapToDouble(c -> c.windows().get(window).rate()).sum();
  }

  private static double expectedVariation(Window window) {
    if (window.gamma()) {
      return 1 / Math.sqrt(window.shape());
    }
    double mean = window.weibullMean();
    double square = ServeGenImport.gamma(1 + 2 / window.shape());
    return Math.sqrt(square / (mean * mean) - 1);
  }

  private static double variation(List<Double> times) {
    int n = times.size() - 1;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double gap = times.get(i + 1) - times.get(i);
      sum += gap;
      squares += gap * gap;
    }
    double mean = sum / n;
    return Math.sqrt(squares / n - mean * mean) / mean;
  }

  private static TreeMap<Integer, Double> pooled(Function<ServeGenData.Sizes, Pmf> which) {
    TreeMap<Integer, Double> mass = new TreeMap<>();
    for (Client client : DATA.clients()) {
      for (int w = 0; w < 144; w++) {
        Pmf pmf = which.apply(client.sizes(w * 600.0));
        for (int i = 0; i < pmf.size(); i++) {
          mass.merge(pmf.value(i), client.windows().get(w).rate() * pmf.mass(i), Double::sum);
        }
      }
    }
    return mass;
  }

  private static void compare(
      TreeMap<Integer, Double> drawn, TreeMap<Integer, Double> data, double... shares) {
    for (double share : shares) {
      // The step at a spike may fall on either side: a neighbour within 1 % of the mass will do.
      double low = quantile(data, share - 0.01) * 0.95;
      double high = quantile(data, Math.min(0.9999, share + 0.01)) * 1.05;
      assertThat(quantile(drawn, share)).as("quantile %s", share).isBetween(low, high);
    }
  }

  private static double quantile(TreeMap<Integer, Double> mass, double share) {
    double left = share * mass.values().stream().mapToDouble(Double::doubleValue).sum();
    for (var entry : mass.entrySet()) {
      left -= entry.getValue();
      if (left <= 0) {
        return entry.getKey();
      }
    }
    return mass.lastKey();
  }

  private static double mean(TreeMap<Integer, Double> mass) {
    double sum = 0;
    double total = 0;
    for (var entry : mass.entrySet()) {
      sum += entry.getKey() * entry.getValue();
      total += entry.getValue();
    }
    return sum / total;
  }

  @Test
  void theGammaFunctionIsRight() {
    assertThat(ServeGenImport.gamma(5)).isCloseTo(24, within(1e-9));
    assertThat(ServeGenImport.gamma(1.5)).isCloseTo(Math.sqrt(Math.PI) / 2, within(1e-12));
  }
}

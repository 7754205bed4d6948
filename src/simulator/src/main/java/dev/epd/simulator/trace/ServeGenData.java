package dev.epd.simulator.trace;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * The figures that ServeGen publishes of a multimodal service (alibaba/ServeGen,
 * data/multimodal/mm-image, commit f891d118, Apache-2.0), in a compact form: {@link ServeGenImport}
 * writes it, the resource's README describes it.
 */
public record ServeGenData(List<Client> clients) {
  /** Length of a window of arrivals in seconds. */
  public static final int WINDOW = 600;

  /** Length of a period of sizes in seconds. */
  public static final int PERIOD = 21_600;

  private static final String RESOURCE = "servegen-mm-image.txt.gz";

  /** One source of requests. */
  public record Client(int id, List<Window> windows, List<Sizes> periods) {
    Sizes sizes(double seconds) {
      return periods.get((int) Math.min(periods.size() - 1, seconds / PERIOD));
    }
  }

  /**
   * Arrivals of one client in one window.
   *
   * @param rate requests per second, measured
   * @param cv coefficient of variation of the gaps, measured
   * @param gamma whether Gamma fits the gaps best; Weibull otherwise
   * @param shape its shape
   * @param weibullMean mean of the standard Weibull of that shape
   */
  public record Window(double rate, double cv, boolean gamma, double shape, double weibullMean) {}

  /** What one client's requests look like in one period. */
  record Sizes(Pmf textTokens, Pmf imageTokens, Pmf images, Pmf outputTokens) {}

  /** The data that comes with the simulator. */
  public static ServeGenData bundled() {
    try (InputStream in = ServeGenData.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("resource " + RESOURCE + " is missing");
      }
      return read(new GZIPInputStream(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ServeGenData read(InputStream in) throws IOException {
    BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    List<Client> clients = new ArrayList<>();
    String line;
    while ((line = reader.readLine()) != null) {
      if (line.startsWith("client ")) {
        clients.add(
            new Client(Integer.parseInt(line.substring(7)), new ArrayList<>(), new ArrayList<>()));
      } else if (line.startsWith("w ")) {
        clients.getLast().windows().add(window(line));
      } else if (line.startsWith("period")) {
        Pmf text = pmf(reader.readLine());
        Pmf image = pmf(reader.readLine());
        Pmf images = pmf(reader.readLine());
        clients.getLast().periods().add(new Sizes(text, image, images, pmf(reader.readLine())));
      }
    }
    return new ServeGenData(List.copyOf(clients));
  }

  private static Window window(String line) {
    String[] part = line.split(" ", -1);
    boolean gamma = part[3].equals("G");
    double shape = Double.parseDouble(part[4]);
    return new Window(
        Double.parseDouble(part[1]),
        Double.parseDouble(part[2]),
        gamma,
        shape,
        gamma ? Double.NaN : Double.parseDouble(part[5]));
  }

  private static Pmf pmf(String line) {
    String[] part = line.split(" ", -1);
    int[] values = new int[part.length];
    double[] weights = new double[part.length];
    for (int i = 0; i < part.length; i++) {
      int colon = part[i].indexOf(':');
      values[i] = Integer.parseInt(part[i].substring(0, colon));
      weights[i] = Double.parseDouble(part[i].substring(colon + 1));
    }
    return new Pmf(values, weights);
  }

  /** Tokens per image over all clients, weighted by their images of a day. */
  Pmf pooledImageTokens() {
    java.util.TreeMap<Integer, Double> mass = new java.util.TreeMap<>();
    for (Client client : clients) {
      for (int w = 0; w < client.windows().size(); w++) {
        Sizes sizes = client.sizes(w * (double) WINDOW);
        double weight = client.windows().get(w).rate() * sizes.images().mean();
        Pmf pmf = sizes.imageTokens();
        for (int i = 0; i < pmf.size(); i++) {
          mass.merge(pmf.value(i), weight * pmf.mass(i), Double::sum);
        }
      }
    }
    return new Pmf(
        mass.keySet().stream().mapToInt(Integer::intValue).toArray(),
        mass.values().stream().mapToDouble(Double::doubleValue).toArray());
  }
}

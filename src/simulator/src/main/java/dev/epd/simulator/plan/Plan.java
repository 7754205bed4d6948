package dev.epd.simulator.plan;

import dev.epd.simulator.ServiceLaw;
import dev.epd.simulator.plan.Sizing.Objective;
import dev.epd.simulator.trace.Rates;
import dev.epd.simulator.trace.Requests;
import dev.epd.simulator.trace.Source;
import dev.epd.simulator.trace.Sources;
import dev.epd.simulator.trace.TraceCsv;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The what-if command: a workload, an objective and the speed of pods → how many pods of each role.
 * docs/plan.md explains options and answer.
 */
public final class Plan {
  /** Options and their defaults; an empty one has none. */
  private static final Map<String, String> OPTIONS = new LinkedHashMap<>();

  static {
    OPTIONS.put("trace", "");
    OPTIONS.put("named", "");
    OPTIONS.put("rate", "");
    OPTIONS.put("cv", "2.2");
    OPTIONS.put("images", "1");
    OPTIONS.put("patches", "2200");
    OPTIONS.put("text", "500");
    OPTIONS.put("output", "130");
    OPTIONS.put("seconds", "3600");
    OPTIONS.put("profile", "");
    OPTIONS.put("encoder-overhead-ms", "2");
    OPTIONS.put("encoder-patches-per-second", "");
    OPTIONS.put("prefill-tokens-per-second", "");
    OPTIONS.put("decode-tokens-per-second", "");
    OPTIONS.put("decode-slots", "8");
    OPTIONS.put("wait", "0.5");
    OPTIONS.put("share", "0.95");
    OPTIONS.put("startup", "30");
    OPTIONS.put("seeds", "5");
    OPTIONS.put("times", "3");
  }

  private Plan() {}

  /** Prints the plan; bad input is told in one line, with exit status 2. */
  public static void main(String[] args) throws IOException {
    try {
      System.out.print(report(args));
    } catch (IllegalArgumentException | IOException e) {
      System.err.println("plan: " + e.getMessage());
      System.exit(2);
    }
  }

  /**
   * The plan as text.
   *
   * @throws IllegalArgumentException for options that make no sense, naming them
   * @throws IOException if a file cannot be read, naming what is wrong with it
   */
  public static String report(String... args) throws IOException {
    Map<String, String> options = options(args);
    Workload workload = workload(options);
    Profile profile = profile(options);
    Objective objective = new Objective(number(options, "wait"), number(options, "share"));
    int times = whole(options, "times", 1);
    long[] seeds =
        LongStream.rangeClosed(1, workload.isDrawn() ? whole(options, "seeds", 1) : 1).toArray();
    Study study = new Study(workload, profile, objective, seeds);
    return Report.of(study, times, number(options, "startup"));
  }

  private static Map<String, String> options(String[] args) {
    Map<String, String> options = new LinkedHashMap<>(OPTIONS);
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!OPTIONS.containsKey(name)) {
        throw new IllegalArgumentException(
            "unknown option %s; there are --%s"
                .formatted(args[i], String.join(", --", new TreeSet<>(OPTIONS.keySet()))));
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("option --" + name + " needs a value");
      }
      options.put(name, args[i + 1]);
    }
    return options;
  }

  private static Workload workload(Map<String, String> options) throws IOException {
    List<String> given =
        List.of("trace", "named", "rate").stream()
            .filter(o -> !text(options, o).isEmpty())
            .toList();
    if (given.size() != 1) {
      throw new IllegalArgumentException(
          "say what the load is with one of --trace FILE, --named TRACE (as in servegen) or --rate"
              + " REQUESTS_PER_SECOND");
    }
    return switch (given.getFirst()) {
      case "trace" -> new FromFile(Path.of(text(options, "trace")));
      case "named" -> new FromSource(Sources.named(text(options, "named")));
      default ->
          new FromSource(
              new Rates(
                  number(options, "seconds"),
                  number(options, "rate"),
                  number(options, "cv"),
                  number(options, "images"),
                  number(options, "patches"),
                  number(options, "text"),
                  number(options, "output")));
    };
  }

  private static Profile profile(Map<String, String> options) throws IOException {
    String file = text(options, "profile");
    if (!file.isEmpty()) {
      return Profile.ofBench(Path.of(file));
    }
    for (String needed :
        List.of(
            "encoder-patches-per-second",
            "prefill-tokens-per-second",
            "decode-tokens-per-second")) {
      if (text(options, needed).isEmpty()) {
        throw new IllegalArgumentException(
            "how fast are the pods? Give --profile bench/results/results.json, or --" + needed);
      }
    }
    return new Profile(
        new ServiceLaw(
            number(options, "encoder-overhead-ms") / 1000,
            number(options, "encoder-patches-per-second")),
        number(options, "prefill-tokens-per-second"),
        number(options, "decode-tokens-per-second"),
        whole(options, "decode-slots", 1),
        "as given");
  }

  private static String text(Map<String, String> options, String name) {
    @Nullable String value = options.get(name);
    return value == null ? "" : value;
  }

  private static double number(Map<String, String> options, String name) {
    try {
      return Double.parseDouble(text(options, name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--%s must be a number, got '%s'".formatted(name, text(options, name)), e);
    }
  }

  private static int whole(Map<String, String> options, String name, int least) {
    double value = number(options, name);
    if (value != Math.rint(value) || value < least || value > 1e6) {
      throw new IllegalArgumentException(
          "--%s must be a whole number from %d, got '%s'"
              .formatted(name, least, text(options, name)));
    }
    return (int) value;
  }

  private record FromSource(Source source) implements Workload {
    @Override
    public String name() {
      return source.name();
    }

    @Override
    public double seconds() {
      return source.seconds();
    }

    @Override
    public boolean isDrawn() {
      return true;
    }

    @Override
    public void emit(long seed, Requests out) {
      source.emit(seed, out);
    }
  }

  private static final class FromFile implements Workload {
    private final Path file;
    private final double seconds;

    FromFile(Path file) throws IOException {
      this.file = file;
      this.seconds = Math.max(1, read((at, images, patches, text, output) -> {}));
    }

    private double read(Requests out) throws IOException {
      try (Reader reader = Files.newBufferedReader(file)) {
        return TraceCsv.rows(name(), reader, out);
      }
    }

    @Override
    public String name() {
      return String.valueOf(file.getFileName());
    }

    @Override
    public double seconds() {
      return seconds;
    }

    @Override
    public boolean isDrawn() {
      return false;
    }

    @Override
    public void emit(long seed, Requests out) throws IOException {
      read(out);
    }
  }
}

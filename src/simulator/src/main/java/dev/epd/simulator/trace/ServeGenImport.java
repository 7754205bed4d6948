package dev.epd.simulator.trace;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * Writes the compact form of ServeGen's data from a checkout's {@code data/multimodal/mm-image}.
 * Needed only when that data changes.
 */
public final class ServeGenImport {
  private static final Pattern ENTRY = Pattern.compile("(\\d+): ([0-9.eE+-]+)");
  private static final String[] FIELDS = {
    "text_tokens", "image_tokens", "image_count", "output_tokens"
  };

  private ServeGenImport() {}

  /** Arguments: the folder to read, the file to write. */
  public static void main(String[] args) throws IOException {
    Path from = Path.of(args[0]);
    StringBuilder text = new StringBuilder();
    text.append("# alibaba/ServeGen data/multimodal/mm-image f891d118, Apache-2.0\n");
    for (int id = 0; Files.exists(from.resolve("chunk-" + id + "-trace.csv")); id++) {
      text.append("client ").append(id).append('\n');
      for (String line : Files.readAllLines(from.resolve("chunk-" + id + "-trace.csv"))) {
        text.append(window(line)).append('\n');
      }
      periods(Files.readString(from.resolve("chunk-" + id + "-dataset.json")), text);
    }
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(Path.of(args[1])))) {
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Start, rate, variation, family and its two parameters, of which only the shape is kept. */
  private static String window(String line) {
    String[] part = line.split(",", -1);
    double rate = part.length < 2 || part[1].isEmpty() ? 0 : Double.parseDouble(part[1]);
    if (rate <= 0 || part.length < 5 || part[4].isEmpty()) {
      return "w " + number(rate) + " 1 G 1";
    }
    double shape = Double.parseDouble(part[4]);
    String head = "w " + number(rate) + " " + number(Double.parseDouble(part[2]));
    return part[3].equals("Gamma")
        ? head + " G " + number(shape)
        : head + " W " + number(shape) + " " + number(gamma(1 + 1 / shape));
  }

  private static void periods(String json, StringBuilder out) {
    Matcher period =
        Pattern.compile("\"(\\d+)\": \\{(.*?)\\}\"\\s*\\}", Pattern.DOTALL).matcher(json);
    while (period.find()) {
      out.append("period ").append(period.group(1)).append('\n');
      String body = period.group(2) + "}\"";
      for (String field : FIELDS) {
        Matcher value =
            Pattern.compile("\"" + field + "\": \"\\{(.*?)\\}\"", Pattern.DOTALL).matcher(body);
        if (!value.find()) {
          throw new IllegalStateException("no " + field + " in period " + period.group(1));
        }
        StringBuilder line = new StringBuilder();
        Matcher entry = ENTRY.matcher(value.group(1));
        while (entry.find()) {
          line.append(line.isEmpty() ? "" : " ")
              .append(entry.group(1))
              .append(':')
              .append(number(Double.parseDouble(entry.group(2))));
        }
        out.append(line).append('\n');
      }
    }
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.5g", value);
  }

  /**
   * The Gamma function by Lanczos' series (g = 7, n = 9), good to 15 digits for arguments from 1.
   */
  static double gamma(double x) {
    double[] c = {
      0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
      -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
      1.5056327351493116e-7
    };
    double sum = c[0];
    for (int i = 1; i < c.length; i++) {
      sum += c[i] / (x - 1 + i);
    }
    double t = x - 1 + 7.5;
    return Math.sqrt(2 * Math.PI) * Math.pow(t, x - 0.5) * Math.exp(-t) * sum;
  }
}

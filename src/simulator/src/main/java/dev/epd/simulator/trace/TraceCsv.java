package dev.epd.simulator.trace;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;

/**
 * Traces as text: one request per row, {@code
 * t_seconds,images,patches_per_image,text_tokens,output_tokens}, in order of time. A header is
 * allowed, the last two columns may be absent.
 */
public final class TraceCsv {
  /** First line of a file. */
  public static final String HEADER =
      "t_seconds,images,patches_per_image,text_tokens,output_tokens";

  private TraceCsv() {}

  /**
   * Reads a trace. It ends a minute after its last request.
   *
   * @throws IOException if it cannot be read or a row is not of the form above; the message names
   *     the row
   */
  public static Trace read(String name, Reader from) throws IOException {
    Trace.Builder builder = new Trace.Builder(name);
    double last = rows(name, from, builder);
    return builder.build(last + 60, Double.NaN);
  }

  /**
   * Hands out every row, text-only requests included; returns the time of the last one.
   *
   * @throws IOException as {@link #read} does
   */
  public static double rows(String name, Reader from, Requests out) throws IOException {
    BufferedReader reader = new BufferedReader(from);
    double last = 0;
    int row = 0;
    String line;
    while ((line = reader.readLine()) != null) {
      row++;
      if (line.isBlank() || (row == 1 && line.startsWith("t_"))) {
        continue;
      }
      String[] part = line.split(",", -1);
      try {
        if (part.length < 3) {
          throw new IllegalArgumentException("three columns at least");
        }
        last = Double.parseDouble(part[0].strip());
        out.accept(last, count(part, 1), count(part, 2), count(part, 3), count(part, 4));
      } catch (IllegalArgumentException e) {
        throw new IOException("%s, row %d: %s".formatted(name, row, e.getMessage()), e);
      }
    }
    return last;
  }

  /** Writes a source's requests, text-only ones included. */
  public static void write(Source source, long seed, Writer to) {
    PrintWriter out = new PrintWriter(to);
    out.println(HEADER);
    source.emit(
        seed,
        (t, images, patches, text, output) ->
            out.println(
                Math.round(t * 1e4) / 1e4
                    + ","
                    + images
                    + ","
                    + patches
                    + ","
                    + text
                    + ","
                    + output));
    out.flush();
  }

  private static int count(String[] part, int column) {
    if (column >= part.length) {
      return 0;
    }
    int value = Integer.parseInt(part[column].strip());
    if (value < 0) {
      throw new IllegalArgumentException("negative " + value);
    }
    return value;
  }
}

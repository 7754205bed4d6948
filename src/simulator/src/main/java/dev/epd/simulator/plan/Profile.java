package dev.epd.simulator.plan;

import dev.epd.simulator.ServiceLaw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How fast one pod of each role is.
 *
 * @param encoder of one encoder: overhead per image, patches per second
 * @param prefillTokensPerSecond prompt tokens that one prefill pod reads
 * @param decodeTokensPerSecond tokens that one decode pod writes with all its slots busy
 * @param decodeSlots sequences that it writes at once
 * @param source where the figures are from
 */
public record Profile(
    ServiceLaw encoder,
    double prefillTokensPerSecond,
    double decodeTokensPerSecond,
    int decodeSlots,
    String source) {
  /** Patches of the picture that the benchmark encodes: 196 × 112 pixels in squares of 14. */
  private static final double BENCH_PATCHES = 14 * 8;

  private static final int BENCH_ASKERS = 8;

  /** Checks the figures. */
  public Profile {
    if (!(prefillTokensPerSecond > 0) || !(decodeTokensPerSecond > 0) || decodeSlots < 1) {
      throw new IllegalArgumentException(
          "a profile needs speeds above 0 and at least one decode slot");
    }
  }

  /**
   * Reads the results of {@code make bench} (results.json): the roles with the pods' own number of
   * threads, eight askers at a time.
   *
   * @throws IOException if the file cannot be read or lacks a figure
   */
  public static Profile ofBench(Path results) throws IOException {
    String text = Files.readString(results);
    return new Profile(
        new ServiceLaw(0, BENCH_PATCHES * median(text, "encoder", results)),
        median(text, "prefill", results),
        median(text, "decode", results),
        BENCH_ASKERS,
        "measured, " + results);
  }

  private static double median(String text, String role, Path file) throws IOException {
    String name = role + ", default, " + BENCH_ASKERS + " at a time";
    Matcher figure =
        Pattern.compile(
                "\"name\"\\s*:\\s*\""
                    + Pattern.quote(name)
                    + "\"[^{}]*?\"median\"\\s*:\\s*([0-9.eE+-]+)")
            .matcher(text);
    if (!figure.find()) {
      throw new IOException(
          "%s has no figure '%s': write it with make bench, or give the speeds as options"
              .formatted(file, name));
    }
    return Double.parseDouble(figure.group(1));
  }

  /** The same pods at another speed. */
  Profile times(double factor) {
    return new Profile(
        new ServiceLaw(encoder.overheadSeconds() / factor, encoder.patchesPerSecond() * factor),
        prefillTokensPerSecond * factor,
        decodeTokensPerSecond * factor,
        decodeSlots,
        source);
  }
}

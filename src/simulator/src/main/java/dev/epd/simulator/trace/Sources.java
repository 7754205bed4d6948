package dev.epd.simulator.trace;

import java.util.List;

/** The traces that the benchmark runs. */
public final class Sources {
  private Sources() {}

  /** All of them, the long ones first. */
  public static List<Source> all() {
    return List.of(
        ServeGen.day(),
        AzureShaped.standard(),
        Shape.step(),
        Shape.ramp(),
        Shape.spike(),
        Shape.onOff(),
        Shape.flashCrowd(),
        Shape.sizeShift(),
        Shape.cacheCollapse());
  }

  /** The one of a name. */
  public static Source named(String name) {
    return all().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no trace "
                        + name
                        + ", there are "
                        + all().stream().map(Source::name).toList()));
  }
}

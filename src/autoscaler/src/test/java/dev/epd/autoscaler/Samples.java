package dev.epd.autoscaler;

import java.util.Map;
import java.util.stream.Collectors;

/** What tests take from a sample. */
final class Samples {
  private Samples() {}

  /** Patches that arrived, by gateway. */
  static Map<String, Double> arrivedPatches(LoadSample sample) {
    return sample.arrived().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().patches()));
  }
}

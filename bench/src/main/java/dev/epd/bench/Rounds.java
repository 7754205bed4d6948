package dev.epd.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Cases that are measured in turns. Every other round goes backwards, so that a drift of the
 * machine falls on all of them alike; ratios are taken within a round.
 */
final class Rounds {
  /** What one case gave in one round. */
  record Value(String what, String unit, double amount) {}

  interface Measurement {
    List<Value> take() throws Exception;
  }

  private record Case(String name, Measurement measurement) {}

  private record Key(String of, String what, String unit) {
    String name() {
      return of + what;
    }
  }

  private final String section;
  private final List<Case> cases = new ArrayList<>();
  private final Map<Key, List<Double>> values = new LinkedHashMap<>();
  private final List<Figure> ratios = new ArrayList<>();

  Rounds(String section) {
    this.section = section;
  }

  Rounds add(String name, Measurement measurement) {
    cases.add(new Case(name, measurement));
    return this;
  }

  /** Measures every case {@code warmUp} times for nothing and then {@code rounds} times. */
  Rounds run(int warmUp, int rounds) throws Exception {
    for (int round = -warmUp; round < rounds; round++) {
      for (Case each : round % 2 == 0 ? cases : cases.reversed()) {
        List<Value> taken = each.measurement.take();
        if (round >= 0) {
          for (Value value : taken) {
            values
                .computeIfAbsent(new Key(each.name, value.what, value.unit), k -> new ArrayList<>())
                .add(value.amount);
          }
        }
      }
    }
    return this;
  }

  /** Divides two quantities of this section, round by round. */
  Rounds ratio(String name, String numerator, String denominator) {
    List<Double> above = of(numerator);
    List<Double> below = of(denominator);
    List<Double> quotients = new ArrayList<>();
    for (int i = 0; i < above.size(); i++) {
      quotients.add(above.get(i) / below.get(i));
    }
    ratios.add(new Figure(section, name, "×", quotients));
    return this;
  }

  private List<Double> of(String name) {
    return values.entrySet().stream()
        .filter(e -> e.getKey().name().equals(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("nothing was measured as " + name));
  }

  /** What was measured, in the order of the cases, and then the ratios. */
  List<Figure> figures() {
    List<Figure> all = new ArrayList<>();
    for (Case each : cases) {
      values.forEach(
          (key, rounds) -> {
            if (key.of.equals(each.name)) {
              all.add(new Figure(section, key.name(), key.unit, Objects.requireNonNull(rounds)));
            }
          });
    }
    all.addAll(ratios);
    return all;
  }
}

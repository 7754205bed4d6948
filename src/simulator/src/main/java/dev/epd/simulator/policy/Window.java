package dev.epd.simulator.policy;

import java.util.ArrayDeque;

/** Values of the last seconds. */
public final class Window {
  private record Value(double at, double value) {}

  private final double seconds;
  private final ArrayDeque<Value> values = new ArrayDeque<>();
  private double sum;

  /** Values no older than the given seconds. */
  public Window(double seconds) {
    this.seconds = seconds;
  }

  /** Adds the newest value. */
  public void add(double at, double value) {
    values.addLast(new Value(at, value));
    sum += value;
    while (values.getFirst().at() <= at - seconds) {
      sum -= values.removeFirst().value();
    }
  }

  double mean() {
    return values.isEmpty() ? 0 : Math.max(0, sum / values.size());
  }

  double max() {
    double max = Double.NEGATIVE_INFINITY;
    for (Value value : values) {
      max = Math.max(max, value.value());
    }
    return max;
  }

  /** Growth of a total per second over the window; the value is a running total. */
  public double rate() {
    if (values.size() < 2) {
      return 0;
    }
    Value first = values.getFirst();
    Value last = values.getLast();
    return (last.value() - first.value()) / (last.at() - first.at());
  }
}

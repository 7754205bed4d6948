package dev.epd.gateway.metrics;

/**
 * A total from which may be taken off again, as a counter that never runs backwards: it stands
 * still until what is taken off has been made up for.
 */
final class NetTotal {
  private long net;
  private long most;

  synchronized void add(long amount) {
    net += amount;
    most = Math.max(most, net);
  }

  synchronized void takeOff(long amount) {
    net -= amount;
  }

  synchronized double total() {
    return most;
  }
}

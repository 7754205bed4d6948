package dev.epd.simulator.trace;

/** Gives the requests of a trace, the same ones for the same seed. */
public interface Source {
  /** Short name for reports and files. */
  String name();

  /** Length in seconds. */
  double seconds();

  /** When the load changes for good, in seconds; NaN if there is no such moment. */
  default double eventAt() {
    return Double.NaN;
  }

  /** Hands out every request, in order of time. */
  void emit(long seed, Requests out);

  /** All requests with images, in memory. */
  default Trace trace(long seed) {
    Trace.Builder builder = new Trace.Builder(name());
    emit(seed, builder);
    return builder.build(seconds(), eventAt());
  }
}

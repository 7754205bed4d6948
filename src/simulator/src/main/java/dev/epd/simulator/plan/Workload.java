package dev.epd.simulator.plan;

import dev.epd.simulator.trace.Requests;
import dev.epd.simulator.trace.Trace;
import java.io.IOException;

/** Requests, handed out as often as they are needed. */
interface Workload {
  /** Image tokens are squares of 2 × 2 patches. */
  int PATCHES_PER_TOKEN = 4;

  String name();

  /** Length in seconds. */
  double seconds();

  /** Whether another seed gives other requests. */
  boolean isDrawn();

  /** Hands out every request, in order of time. */
  void emit(long seed, Requests out) throws IOException;

  /** The work of one stage as a trace of its own, with that many times the images. */
  default Trace trace(Stage stage, long seed, int times) throws IOException {
    Trace.Builder trace = new Trace.Builder(stage.label());
    emit(
        seed,
        (at, images, patches, text, output) -> {
          int pictures = images * times;
          switch (stage) {
            case ENCODER -> trace.accept(at, pictures, patches, text, output);
            case PREFILL ->
                trace.accept(
                    at, 1, Math.max(1, text + pictures * (patches / PATCHES_PER_TOKEN)), 0, 0);
            case DECODE -> trace.accept(at, 1, Math.max(1, output), 0, 0);
          }
        });
    return trace.build(seconds(), Double.NaN);
  }
}

package dev.epd.runtime.engine;

import dev.epd.contract.ImageSize;
import dev.epd.runtime.preprocess.PatchedImage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the engine counts. */
public final class EngineMeters {
  private final Counter encoderBusy;
  private final List<Counter> encoderPatches = new ArrayList<>();
  private final List<Counter> encoderImages = new ArrayList<>();
  private final Counter promptTokens;
  private final Counter generatedTokens;
  private final Counter decodeRows;
  private final Timer prefillStep;
  private final Timer decodeStep;

  public EngineMeters(MeterRegistry registry) {
    encoderBusy =
        Counter.builder("epd.encoder.busy")
            .description("Time the vision tower was computing")
            .baseUnit("seconds")
            .register(registry);
    for (int size = 0; size < ImageSize.CLASSES; size++) {
      String label = ImageSize.label(size);
      encoderPatches.add(
          Counter.builder("epd.encoder.patches")
              .description("Patches encoded; their sum over busy seconds is the rate")
              .tag(ImageSize.LABEL, label)
              .register(registry));
      encoderImages.add(
          Counter.builder("epd.encoder.images")
              .description("Pictures encoded, by their patches")
              .tag(ImageSize.LABEL, label)
              .register(registry));
    }
    promptTokens =
        Counter.builder("epd.prefill.tokens")
            .description("Prompt tokens computed")
            .register(registry);
    generatedTokens =
        Counter.builder("epd.generated.tokens").description("Tokens drawn").register(registry);
    decodeRows =
        Counter.builder("epd.decode.rows")
            .description("Rows of all decode steps; over the count of steps this is the batch size")
            .register(registry);
    prefillStep =
        Timer.builder("epd.prefill.step").description("One prefill chunk").register(registry);
    decodeStep =
        Timer.builder("epd.decode.step")
            .description("One decode step of all rows")
            .register(registry);
  }

  void encoded(List<PatchedImage> images, long nanos) {
    for (PatchedImage image : images) {
      int size = ImageSize.of(image.patchCount());
      encoderImages.get(size).increment();
      encoderPatches.get(size).increment(image.patchCount());
    }
    encoderBusy.increment(nanos / 1e9);
  }

  void prefilled(int tokens, long nanos) {
    promptTokens.increment(tokens);
    prefillStep.record(nanos, TimeUnit.NANOSECONDS);
  }

  void decoded(int rows, long nanos) {
    decodeRows.increment(rows);
    decodeStep.record(nanos, TimeUnit.NANOSECONDS);
  }

  void drawn() {
    generatedTokens.increment();
  }
}

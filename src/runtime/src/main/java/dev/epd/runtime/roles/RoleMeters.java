package dev.epd.runtime.roles;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a role counts: how its calls end, and how long each stage of a request takes. */
final class RoleMeters {
  /** A stretch of a request's time. */
  enum Stage {
    /** From acceptance until work on the picture begins, and between its steps. */
    QUEUE,
    /** Decode, resize, normalise. */
    PREPROCESS,
    /** The picture's share of its pass. */
    ENCODE,
    /** From the embeddings to the receiver's word that it has them. */
    TRANSFER,
    /** From the reservation until the last picture is there. */
    PREFILL_WAIT,
    /** From admission to the first token. */
    PREFILL,
    /** From the first token until decode holds the whole KV cache. */
    KV_TRANSFER
  }

  private final MeterRegistry registry;
  private final Map<Stage, Timer> stages = new EnumMap<>(Stage.class);

  RoleMeters(MeterRegistry registry) {
    this.registry = registry;
    for (Stage stage : Stage.values()) {
      stages.put(
          stage,
          Timer.builder("epd.stage")
              .description("Time of one request or picture in one stage")
              .tag("stage", stage.name().toLowerCase(Locale.ROOT))
              .serviceLevelObjectives(
                  Duration.ofMillis(1),
                  Duration.ofMillis(5),
                  Duration.ofMillis(20),
                  Duration.ofMillis(100),
                  Duration.ofMillis(500),
                  Duration.ofSeconds(2),
                  Duration.ofSeconds(10),
                  Duration.ofSeconds(60))
              .register(registry));
    }
  }

  void record(Stage stage, long nanos) {
    Timer timer = stages.get(stage);
    if (timer != null) {
      timer.record(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }
  }

  /** A call ended with OK or the name of an error kind. */
  void ended(String outcome) {
    Counter.builder("epd.role.calls")
        .description("Calls by how they ended")
        .tag("outcome", outcome)
        .register(registry)
        .increment();
  }
}

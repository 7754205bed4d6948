package dev.epd.planner;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/** When time alone changes what is planned for a pool or said of it. */
public final class NextLook {
  private NextLook() {}

  /** From when the pool was looked at; empty: only what happens changes anything. */
  public static Optional<Duration> after(PoolObservation seen) {
    return Stream.of(
            Endings.nextOverdue(seen),
            DisruptionBudgets.nextGivenUp(seen),
            UnmountedVolumes.nextComplaint(seen))
        .flatMap(Optional::stream)
        .min(Duration::compareTo);
  }
}

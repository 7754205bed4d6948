package dev.epd.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that one decision rests on.
 *
 * @param images the load of the image queue; null for pools that are not scaled on it
 * @param signals the other figures; the largest demand of all counts
 * @param takenAt when they were read
 */
public record Look(@Nullable LoadSample images, List<SignalReading> signals, Instant takenAt) {
  /** Name of the image queue among signals. */
  public static final String IMAGE_QUEUE = "ImageQueue";

  /** Copies the list. */
  public Look {
    signals = List.copyOf(signals);
  }

  /** The image queue alone. */
  public static Look of(LoadSample images) {
    return new Look(images, List.of(), images.takenAt());
  }

  double oldestWaitSeconds() {
    return images == null ? 0 : images.oldestWaitSeconds();
  }

  boolean allWhole() {
    return signals.stream().allMatch(SignalReading::isWhole);
  }

  boolean anyKnown() {
    return signals.stream().anyMatch(SignalReading::isKnown);
  }

  Look withImages(LoadSample other) {
    return new Look(other, signals, takenAt);
  }
}

package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one decision hands to the next. Only {@link #learned} is worth keeping across processes: the
 * rest is at most a few start-up times old or meaningless to a successor.
 *
 * @param takenOverAt when this process began to decide; nothing is removed for one scale-down time
 * @param lastSampleAt time of the last sample that was used
 * @param averages arrival rates
 * @param arrivedPatches last totals by gateway, with the time they were read
 * @param encoders last totals by encoder
 * @param starting names of the pods that were not ready at the last look
 * @param lastWorkAt when work was last seen
 * @param shrink the lower number that has been enough, and since when; null while none is
 */
public record ScalerMemory(
    Instant takenOverAt,
    Learned learned,
    @Nullable Instant lastSampleAt,
    WorkAverages averages,
    Map<String, Reading> arrivedPatches,
    Map<String, EncoderTotals> encoders,
    Set<String> starting,
    Instant lastWorkAt,
    @Nullable Shrink shrink) {

  /** Copies the collections. */
  public ScalerMemory {
    arrivedPatches = Map.copyOf(arrivedPatches);
    encoders = Map.copyOf(encoders);
    starting = Set.copyOf(starting);
  }

  /** A counter's value and when it was read. */
  public record Reading(double total, Instant at) {}

  /**
   * A run of looks in which fewer replicas than there are would have been enough.
   *
   * @param since its first look
   * @param enough the most that any of its looks asked for
   */
  public record Shrink(Instant since, int enough) {}

  /** The memory of a process that begins to decide now. */
  public static ScalerMemory takeOver(Learned learned, Instant now) {
    return new ScalerMemory(
        now, learned, null, WorkAverages.ZERO, Map.of(), Map.of(), Set.of(), now, null);
  }

  ScalerMemory withLearned(Learned next) {
    return new ScalerMemory(
        takenOverAt,
        next,
        lastSampleAt,
        averages,
        arrivedPatches,
        encoders,
        starting,
        lastWorkAt,
        shrink);
  }

  /** The former load is over: what comes next is judged afresh. */
  ScalerMemory withoutAverages() {
    return new ScalerMemory(
        takenOverAt,
        learned,
        lastSampleAt,
        WorkAverages.ZERO,
        arrivedPatches,
        encoders,
        starting,
        lastWorkAt,
        shrink);
  }

  ScalerMemory withShrink(@Nullable Shrink next) {
    return new ScalerMemory(
        takenOverAt,
        learned,
        lastSampleAt,
        averages,
        arrivedPatches,
        encoders,
        starting,
        lastWorkAt,
        next);
  }
}

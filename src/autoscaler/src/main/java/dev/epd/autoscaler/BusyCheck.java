package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds the busy seconds that encoders report against what the gateways see of them.
 *
 * <p>An encoder is not busy while it holds no image, and it has no spare time while it holds one
 * and more wait: of what it reports the first is an upper bound, the second the truth. So a clock
 * that runs wrong, or work of an encoder that its clock leaves out, does not set the size of the
 * pool. It is one factor for all: an encoder whose clock alone is wrong is taken for a faster or
 * slower one ({@link Speeds}).
 *
 * @param full encoder seconds during which more work waited, fading
 * @param reportedFull busy seconds that were reported for them
 * @param held encoder seconds during which an encoder held work, fading
 * @param reported busy seconds that were reported meanwhile
 * @param holding encoders that held work at the last look; null = not known
 */
public record BusyCheck(
    double full, double reportedFull, double held, double reported, @Nullable Set<String> holding) {
  /** Nothing seen: what encoders report is taken for true. */
  public static final BusyCheck NONE = new BusyCheck(0, 0, 0, 0, null);

  /** Encoder seconds after which what is seen counts as much as what is reported. */
  private static final double TRUST = 30;

  /** Encoder seconds within which it fades. */
  private static final double SPAN = 1000;

  /** No clock is wrong by more: what says so is an error of another kind. */
  private static final double MOST = 2;

  /** The time that work is held is seen at looks only: a twentieth more may be reported. */
  private static final double TOLERANCE = 1.05;

  /** Busy seconds for each one that is reported. */
  double factor() {
    double seen = (TRUST + full) / (TRUST + reportedFull);
    // Encoders that are busy and never hold work are named differently by who reports them.
    double most = held > 0 ? TOLERANCE * (TRUST + held) / (TRUST + reported) : MOST;
    return Math.clamp(Math.min(seen, most), 1 / MOST, MOST);
  }

  /** The same when the next look is not about the time since this one. */
  BusyCheck unseen() {
    return holding == null ? this : new BusyCheck(full, reportedFull, held, reported, null);
  }

  /**
   * Takes one more look.
   *
   * @param done what encoders have done since the last one, by name
   * @param seconds time since then
   * @param whole whether all gateways answered; a part of them cannot tell that nothing is held
   */
  BusyCheck with(
      LoadSample sample, Map<String, EncoderTotals> done, double seconds, boolean whole) {
    Set<String> now = whole ? sample.holding() : null;
    Set<String> then = holding;
    if (now == null || then == null) {
      return new BusyCheck(full, reportedFull, held, reported, now);
    }
    double work = 0;
    double heldNow = 0;
    int encoders = 0;
    boolean allHold = true;
    for (var entry : done.entrySet()) {
      boolean holds = now.contains(entry.getKey());
      boolean held = then.contains(entry.getKey());
      encoders++;
      work += Math.max(0, entry.getValue().busySeconds());
      heldNow += seconds * ((holds ? 0.5 : 0) + (held ? 0.5 : 0));
      allHold &= holds && held;
    }
    // What has waited since the last look was passed over by no encoder with time to spare.
    boolean waited = sample.oldestWaitSeconds() >= seconds && sample.blocked().total() == 0;
    boolean isFull = waited && allHold && work > 0;
    double fade = Math.exp(-encoders * seconds / SPAN);
    double fadeFull = isFull ? fade : 1;
    return new BusyCheck(
        fadeFull * full + (isFull ? encoders * seconds : 0),
        fadeFull * reportedFull + (isFull ? work : 0),
        fade * held + heldNow,
        fade * reported + work,
        now);
  }
}

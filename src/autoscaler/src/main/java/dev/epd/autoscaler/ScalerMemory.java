package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one decision hands to the next. Only {@link #lasting} is worth keeping across processes: the
 * rest is at most a few start-up times old or meaningless to a successor.
 *
 * @param takenOverAt when this process began to decide; nothing is removed for one scale-down time
 * @param lastSampleAt time of the last sample that was used
 * @param averages arrival rates
 * @param arrived last totals by gateway, with the time they were read
 * @param encoders last totals by encoder
 * @param starting what was on its way at the last look
 * @param lastWorkAt when work was last seen
 * @param history work that arrived in the last minute
 * @param peaks when each number of replicas was last needed
 * @param needs what the target wait would have needed at least, when
 * @param regret what giving back too early has taught
 * @param course what was done and wanted of late
 * @param busy what the gateways say of the busy time that encoders report
 * @param fit what the encoders' time tells of the cost of an image
 */
public record ScalerMemory(
    Instant takenOverAt,
    Learned learned,
    @Nullable Instant lastSampleAt,
    WorkAverages averages,
    Map<String, Reading> arrived,
    Map<String, EncoderTotals> encoders,
    Starting starting,
    Instant lastWorkAt,
    WorkHistory history,
    Peaks peaks,
    Peaks needs,
    Regret regret,
    Course course,
    BusyCheck busy,
    CostFit fit) {

  /** Copies the collections. */
  public ScalerMemory {
    arrived = Map.copyOf(arrived);
    encoders = Map.copyOf(encoders);
  }

  /** A gateway's counter and when it was read. */
  public record Reading(Mix arrived, Instant at) {}

  /** The memory of a process that begins to decide now, on a pool of which nothing was done. */
  public static ScalerMemory takeOver(Learned learned, Instant now) {
    return takeOver(learned, List.of(), now);
  }

  /**
   * The memory of a process that begins to decide now.
   *
   * @param changes of the number of replicas, oldest first: they count for rate limits
   */
  public static ScalerMemory takeOver(Learned learned, List<Course.Change> changes, Instant now) {
    return new ScalerMemory(
        now,
        learned,
        null,
        WorkAverages.ZERO,
        Map.of(),
        Map.of(),
        Starting.NONE,
        now,
        WorkHistory.EMPTY,
        Peaks.NONE,
        Peaks.NONE,
        Regret.NONE,
        new Course(changes, List.of(), null),
        BusyCheck.NONE,
        CostFit.NONE);
  }

  /** What is worth keeping: the rate is then the mean of the replicas that are there. */
  public Learned lasting() {
    return learned.withLaw(
        learned.patchesPerSecond() * fit.speeds().mean(), learned.overheadPatches());
  }

  ScalerMemory withLearned(Learned next) {
    return new ScalerMemory(
        takenOverAt,
        next,
        lastSampleAt,
        averages,
        arrived,
        encoders,
        starting,
        lastWorkAt,
        history,
        peaks,
        needs,
        regret,
        course,
        busy,
        fit);
  }

  /** The former load is over: what comes next is judged afresh. */
  ScalerMemory withoutAverages() {
    return new ScalerMemory(
        takenOverAt,
        learned,
        lastSampleAt,
        WorkAverages.ZERO,
        arrived,
        encoders,
        starting,
        lastWorkAt,
        WorkHistory.EMPTY,
        Peaks.NONE,
        Peaks.NONE,
        regret,
        course,
        busy,
        fit);
  }

  ScalerMemory with(Patience.Notes notes) {
    return new ScalerMemory(
        takenOverAt,
        learned,
        lastSampleAt,
        averages,
        arrived,
        encoders,
        starting,
        lastWorkAt,
        history,
        notes.peaks(),
        notes.needs(),
        notes.regret(),
        course,
        busy,
        fit);
  }

  ScalerMemory withRegret(Regret next) {
    return with(new Patience.Notes(peaks, needs, next));
  }

  ScalerMemory withCourse(Course next) {
    return new ScalerMemory(
        takenOverAt,
        learned,
        lastSampleAt,
        averages,
        arrived,
        encoders,
        starting,
        lastWorkAt,
        history,
        peaks,
        needs,
        regret,
        next,
        busy,
        fit);
  }

  /**
   * A look at other figures than those of images was used. What images and encoders had counted is
   * of another time than the last look's from now on.
   */
  ScalerMemory withLook(Instant at) {
    return new ScalerMemory(
        takenOverAt,
        learned,
        at,
        averages,
        Map.of(),
        Map.of(),
        starting,
        at,
        history,
        peaks,
        needs,
        regret,
        course,
        busy.unseen(),
        fit);
  }
}

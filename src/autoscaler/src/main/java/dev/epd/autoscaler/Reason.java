package dev.epd.autoscaler;

/** Why a decision came out as it did. */
public enum Reason {
  /** The policy is off. */
  OFF,
  /** The number of replicas is right. */
  STEADY,
  /** Work waits at a pool that has no replica. */
  WAKE_UP,
  /** Work arrives faster than the replicas can encode it. */
  ARRIVALS,
  /** More work waits than the replicas can encode in time. */
  BACKLOG,
  /** Another signal than the image queue asks for more. */
  SIGNAL,
  /** The number of another pool asks for another one here. */
  RATIO,
  /** Encoders are not what the images wait for. */
  DOWNSTREAM,
  /** There have been no figures for so long that the policy's fallback counts. */
  FALLBACK,
  /** Fewer replicas have been enough for the whole scale-down time. */
  LESS_WORK,
  /** No image came for the whole scale-down time. */
  IDLE,
  /** Fewer replicas would be enough, but not for long enough yet. */
  WAITING_TO_SHRINK,
  /** The pool stood outside its limits. */
  OUTSIDE_LIMITS,
  /** No gateway answered. */
  METRICS_MISSING,
  /** Some gateways did not answer; nothing is removed on half of the picture. */
  METRICS_PARTIAL,
  /** Some ready encoders did not answer; nothing is removed without what they do. */
  ENCODERS_SILENT,
  /** The figures are too old. */
  METRICS_STALE,
  /** One of the policy's signals has no figure; nothing is removed without it. */
  SIGNAL_MISSING,
  /** The figures are not numbers, or older than the ones before. */
  METRICS_INVALID,
  /** A counter started again; nothing is removed until it has been read twice. */
  COUNTER_RESET;

  /** Whether the decision was made without a full, fresh picture of the load. */
  public boolean isDataProblem() {
    return switch (this) {
      case METRICS_MISSING,
          METRICS_PARTIAL,
          ENCODERS_SILENT,
          METRICS_STALE,
          METRICS_INVALID,
          SIGNAL_MISSING,
          FALLBACK,
          COUNTER_RESET ->
          true;
      default -> false;
    };
  }
}

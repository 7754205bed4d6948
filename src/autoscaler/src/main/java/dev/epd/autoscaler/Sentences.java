package dev.epd.autoscaler;

import java.util.Locale;

/** Says a decision in one sentence that a person on call understands. */
final class Sentences {
  private Sentences() {}

  static String of(
      int from, int to, int wanted, Limit limit, Reason reason, LoadSample sample, PoolState pool) {
    String gateways =
        "%d of %d gateways answered"
            .formatted(sample.gatewaysAnswered(), sample.gatewaysExpected());
    return switch (reason) {
      case OFF -> "The policy's mode is Off; the pool is left alone.";
      case STEADY -> "The replicas match the load.";
      case WAKE_UP -> action(from, to, limit, "images wait and no replica has encoded yet");
      case ARRIVALS -> action(from, to, limit, "work arrives faster than it can be encoded");
      case BACKLOG ->
          action(
              from,
              to,
              limit,
              String.format(Locale.ROOT, "%.0f patches of work are waiting", sample.backlog()));
      case LESS_WORK ->
          action(from, to, limit, "fewer replicas were enough for the scale-down time");
      case IDLE -> action(from, to, limit, "no image came for the scale-down time");
      case WAITING_TO_SHRINK ->
          limit == Limit.TAKEOVER
              ? "Fewer replicas may be enough; the scaler has just started and watches first."
              : "Fewer replicas may be enough; waiting for the scale-down time to pass.";
      case OUTSIDE_LIMITS ->
          "From %d to %d replicas: minReplicas is %d, maxReplicas %d."
              .formatted(from, to, pool.min(), pool.max());
      case METRICS_MISSING ->
          sample.gatewaysExpected() == 0
              ? "No gateway is ready, so the load is not known; holding."
              : "The load is not known (" + gateways + "); holding.";
      case METRICS_PARTIAL -> "Nothing is removed on half of the picture: " + gateways + ".";
      case METRICS_STALE -> "The figures are too old to act on; holding.";
      case METRICS_INVALID -> "The figures make no sense or run backwards; holding.";
      case COUNTER_RESET -> "A gateway started again; nothing is removed until it is read twice.";
    };
  }

  private static String action(int from, int to, Limit limit, String because) {
    String bound =
        switch (limit) {
          case MAX_REPLICAS -> " (limited by maxReplicas)";
          case MIN_REPLICAS -> " (limited by minReplicas)";
          default -> "";
        };
    return from == to
        ? "Stays at %d replicas%s: %s.".formatted(to, bound, because)
        : "From %d to %d replicas%s: %s.".formatted(from, to, bound, because);
  }
}

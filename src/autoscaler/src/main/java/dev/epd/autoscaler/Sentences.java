package dev.epd.autoscaler;

import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says a decision in one sentence that a person on call understands. */
final class Sentences {
  private Sentences() {}

  static String of(
      int from, Choice choice, Look look, PoolState pool, Demand demand, PolicySettings policy) {
    String said = plain(from, choice, look, pool, demand);
    return policy.mode() == PolicySettings.Mode.RECOMMEND
        ? "Recommends %d replicas, there are %d. %s".formatted(choice.to(), from, said)
        : said;
  }

  private static String plain(int from, Choice choice, Look look, PoolState pool, Demand demand) {
    return switch (choice.reason()) {
      case OFF -> "The policy's mode is Off; the pool is left alone.";
      case STEADY ->
          demand.holds()
              ? "Stays at %d replicas: %s does not speak of all of them yet."
                  .formatted(choice.to(), name(demand.signal()))
              : from == choice.to()
                  ? "The replicas match the load."
                  : "From %d to %d replicas matches the load.".formatted(from, choice.to());
      case WAKE_UP -> action(from, choice, "images wait and no replica has encoded yet");
      case ARRIVALS, BACKLOG, SIGNAL -> action(from, choice, more(from, choice, look, demand));
      case DOWNSTREAM ->
          "Stays at %d replicas: images wait for %s, more encoders would wait with them."
              .formatted(
                  choice.to(),
                  choice.limit() == Limit.PREFILL ? "a place at prefill" : "a slot at decode");
      case RATIO -> action(from, choice, "the number of the other pool asks for it");
      case LESS_WORK -> action(from, choice, "fewer replicas were enough for the scale-down time");
      case IDLE -> action(from, choice, "no image came for the scale-down time");
      case WAITING_TO_SHRINK ->
          choice.limit() == Limit.TAKEOVER
              ? "Fewer replicas may be enough; the scaler has just started and watches first."
              : "Fewer replicas may be enough; waiting for the scale-down time to pass.";
      case OUTSIDE_LIMITS ->
          "From %d to %d replicas: minReplicas is %d%s, maxReplicas %d%s."
              .formatted(
                  from, choice.to(), pool.min(), by(pool.minBy()), pool.max(), by(pool.maxBy()));
      default -> data(from, choice, look);
    };
  }

  private static String more(int from, Choice choice, Look look, Demand demand) {
    if (demand.replicas() <= from) {
      return "%d of them have not become ready for too long to be counted on"
          .formatted(demand.standIns());
    }
    return switch (choice.reason()) {
      case ARRIVALS -> "work arrives faster than it can be encoded";
      case SIGNAL -> because(demand.signal());
      default -> String.format(Locale.ROOT, "%.0f patches of work are waiting", backlog(look));
    };
  }

  private static String data(int from, Choice choice, Look look) {
    LoadSample sample = look.images();
    String gateways =
        sample == null
            ? ""
            : "%d of %d gateways gave fresh figures"
                .formatted(sample.gatewaysAnswered(), sample.gatewaysExpected());
    return switch (choice.reason()) {
      case FALLBACK ->
          from == choice.to()
              ? "The load is not known for long; the fallback asks for no more than there are."
              : "From %d to %d replicas: the load is not known for long, the policy's fallback counts."
                  .formatted(from, choice.to());
      case METRICS_MISSING ->
          sample != null && sample.gatewaysExpected() == 0
              ? "No gateway is ready, so the load is not known; holding."
              : "The load is not known (" + gateways + "); holding.";
      case METRICS_PARTIAL -> "Nothing is removed on half of the picture: " + gateways + ".";
      case ENCODERS_SILENT -> silent(sample);
      case METRICS_STALE -> "The figures are too old to act on; holding.";
      case SIGNAL_MISSING -> missing(look);
      case COUNTER_RESET -> "A gateway started again; nothing is removed until it is read twice.";
      default -> "The figures make no sense or run backwards; holding.";
    };
  }

  private static String silent(@Nullable LoadSample sample) {
    return "%d of the ready encoders gave no figures; nothing is removed without them."
        .formatted(sample == null ? 0 : sample.encodersSilent());
  }

  private static String missing(Look look) {
    String unknown = names(look, signal -> !signal.isKnown());
    return unknown.isEmpty()
        ? "Not every pod gave its figure for %s; nothing is removed on half of it."
            .formatted(names(look, signal -> !signal.isWhole()))
        : "No figure for %s; nothing is removed without it.".formatted(unknown);
  }

  private static String names(Look look, Predicate<SignalReading> which) {
    return look.signals().stream()
        .filter(which)
        .map(SignalReading::name)
        .collect(Collectors.joining(", "));
  }

  private static double backlog(Look look) {
    LoadSample sample = look.images();
    return sample == null ? 0 : sample.backlog();
  }

  private static String name(@Nullable SignalReading signal) {
    return signal == null ? Look.IMAGE_QUEUE : signal.name();
  }

  private static String because(@Nullable SignalReading signal) {
    if (signal == null || signal.value() == null) {
      return "a signal asks for more";
    }
    return switch (signal.kind()) {
      case SUM ->
          String.format(
              Locale.ROOT,
              "%s is %s in all, one replica carries %s",
              signal.name(),
              shortly(signal.value()),
              shortly(signal.target()));
      case SHARE, LATENCY ->
          String.format(
              Locale.ROOT,
              "%s is %s, its target %s",
              signal.name(),
              shortly(signal.value()),
              shortly(signal.target()));
    };
  }

  private static String shortly(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.3f", value);
  }

  /** Whose a bound is: of a schedule, whose names have no dot, or of a field. */
  private static String by(@Nullable String owner) {
    if (owner == null) {
      return "";
    }
    return owner.indexOf('.') < 0 ? " (schedule " + owner + ")" : " (" + owner + ")";
  }

  private static String action(int from, Choice choice, String because) {
    String bound =
        switch (choice.limit()) {
          case MAX_REPLICAS -> limited("maxReplicas", choice);
          case MIN_REPLICAS -> limited("minReplicas", choice);
          case RATIO -> " (limited by scaling.ratios " + choice.by() + ")";
          case SCALE_UP_RATE -> limited("behavior.scaleUp", choice);
          case SCALE_UP_WINDOW -> limited("behavior.scaleUp.stabilizationWindow", choice);
          case SCALE_DOWN_RATE -> limited("behavior.scaleDown", choice);
          default -> "";
        };
    return from == choice.to()
        ? "Stays at %d replicas%s: %s.".formatted(choice.to(), bound, because)
        : "From %d to %d replicas%s: %s.".formatted(from, choice.to(), bound, because);
  }

  private static String limited(String what, Choice choice) {
    return " (limited by " + what + by(choice.by()) + ")";
  }
}

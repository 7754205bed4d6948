package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.LatencyMetric;
import dev.epd.api.v1alpha1.LatencySignal;
import dev.epd.api.v1alpha1.PrometheusSignal;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.ScalingSignal;
import dev.epd.api.v1alpha1.SignalType;
import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.Look;
import dev.epd.autoscaler.SignalReading;
import dev.epd.autoscaler.SignalReading.Kind;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.operator.autoscaling.Scrape.Page;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's signals say, look by look. Of a figure that is missing on some pages a lower bound
 * is known, enough to add pods; the scaler then removes none. Used by one thread.
 */
final class Signals {
  static final String PREFILL_TOKENS = "epd_prefill_queue_tokens";
  static final String BLOCKED_REQUESTS = "epd_queue_blocked_requests";
  static final String KV_SLOTS = "epd_kv_slots";
  static final String KV_SLOTS_FREE = "epd_kv_slots_free";

  private final Function<URI, @Nullable String> get;
  private @Nullable LatencyWindow latency;
  private @Nullable PrometheusQuery prometheus;
  private Instant last = Instant.MIN;

  Signals(Function<URI, @Nullable String> get) {
    this.get = get;
  }

  /**
   * The signals of a policy for a role, the role's default where it names none.
   *
   * @throws IllegalArgumentException naming a signal that cannot scale the role
   */
  static List<ScalingSignal> of(EPDAutoscalingPolicySpec policy, Role role) {
    if (policy.signals().isEmpty()) {
      return List.of(
          ScalingSignal.of(
              switch (role) {
                case PREFILL -> SignalType.QueueTokens;
                case DECODE -> SignalType.KVUtilization;
                case ENCODER, GATEWAY -> SignalType.ImageQueue;
              }));
    }
    for (ScalingSignal signal : policy.signals()) {
      Set<Role> roles =
          switch (signal.type()) {
            case ImageQueue -> Set.of(Role.ENCODER);
            case QueueTokens -> Set.of(Role.PREFILL);
            case KVUtilization -> Set.of(Role.PREFILL, Role.DECODE);
            case Latency, Prometheus -> Set.of(Role.ENCODER, Role.PREFILL, Role.DECODE);
          };
      if (!roles.contains(role)) {
        throw new IllegalArgumentException(
            "signal %s does not scale %s pods: give %s a policy of its own%s"
                .formatted(signal.type(), role.value(), role.value(), instead(signal, role)));
      }
    }
    return policy.signals();
  }

  private static String instead(ScalingSignal signal, Role role) {
    return signal.type() == SignalType.ImageQueue && role == Role.PREFILL
        ? " with signal QueueTokens (pictures that prefill encodes itself count there too, with"
            + " their tokens)"
        : "";
  }

  Look look(List<ScalingSignal> signals, Role role, Scrape scrape) {
    if (scrape.takenAt().isBefore(last)) {
      // The clock was set back: what is remembered is of a time that is still to come.
      latency = null;
      prometheus = null;
    }
    last = scrape.takenAt();
    LoadSample images = null;
    List<SignalReading> readings = new ArrayList<>();
    for (ScalingSignal signal : signals) {
      String name = signal.type().name();
      switch (signal.type()) {
        case ImageQueue -> images = LoadMetrics.sample(scrape);
        case QueueTokens -> {
          Told tokens = Told.of(scrape.gateways(), PREFILL_TOKENS, null);
          int perPod = signal.queueTokensOrDefault().perPodOrDefault();
          readings.add(reading(name, Kind.SUM, tokens.sumOrNull(), perPod, tokens.isWhole()));
        }
        case KVUtilization ->
            readings.add(
                kvUtilization(
                    name, role, scrape, signal.kvUtilizationOrDefault().percentOrDefault()));
        case Latency ->
            readings.add(latency(name, Objects.requireNonNull(signal.latency()), scrape));
        case Prometheus ->
            readings.add(prometheus(name, Objects.requireNonNull(signal.prometheus()), scrape));
      }
    }
    return new Look(images, readings, scrape.takenAt());
  }

  /**
   * Taken slots and the requests that wait for one, of all slots; above 1 when many wait. A pod
   * that does not say counts as an idle one of the usual size, a gateway as if nothing waited
   * there.
   */
  private static SignalReading kvUtilization(
      String name, Role role, Scrape scrape, int targetPercent) {
    List<Page> telling =
        scrape.pods().stream()
            .filter(page -> !series(page, KV_SLOTS, null).isEmpty())
            .filter(page -> !series(page, KV_SLOTS_FREE, null).isEmpty())
            .toList();
    double slots = Told.of(telling, KV_SLOTS, null).sum();
    double free = Told.of(telling, KV_SLOTS_FREE, null).sum();
    Told waiting = Told.of(scrape.gateways(), BLOCKED_REQUESTS, role.value());
    double all = telling.isEmpty() ? 0 : slots * scrape.pods().size() / telling.size();
    return reading(
        name,
        Kind.SHARE,
        all > 0 ? Math.max(0, slots - free + waiting.sum()) / all : null,
        targetPercent / 100.0,
        telling.size() == scrape.pods().size() && waiting.isWhole());
  }

  private static SignalReading reading(
      String name, Kind kind, @Nullable Double value, double target, boolean whole) {
    return whole
        ? new SignalReading(name, kind, value, target)
        : SignalReading.atLeast(name, kind, value, target);
  }

  private SignalReading latency(String name, LatencySignal signal, Scrape scrape) {
    LatencyWindow window = latency;
    String histogram = signal.metric().histogram();
    if (window == null || !window.measures(histogram, signal.percentileOrDefault())) {
      window = new LatencyWindow(histogram, signal.percentileOrDefault());
      latency = window;
    }
    double target = signal.targetParsed().toNanos() / 1e9;
    Double value = window.look(scrape, pending(signal.metric(), scrape.gateways()));
    return new SignalReading(name, Kind.LATENCY, value, target, window.fewestPods());
  }

  /** What a metric is still to be measured of; null while a gateway does not say. */
  private static @Nullable Double pending(LatencyMetric metric, List<Page> gateways) {
    return switch (metric) {
      case TimeToFirstToken, InterToken, Queue -> sum(gateways, HeldWorkReader.REQUESTS);
      case Encode -> {
        Double queued = sum(gateways, LoadMetrics.QUEUE_IMAGES);
        // There is a series for each encoder that holds work, so none where none does.
        double given = Told.of(gateways, LoadMetrics.OUTSTANDING_PATCHES, null).sum();
        yield queued == null ? null : Double.valueOf(queued + given);
      }
    };
  }

  private SignalReading prometheus(String name, PrometheusSignal signal, Scrape scrape) {
    PrometheusQuery query = prometheus;
    if (query == null || !query.asks(signal)) {
      query = new PrometheusQuery(signal, get);
      prometheus = query;
    }
    return new SignalReading(name, Kind.SUM, query.value(scrape.takenAt()), signal.perPodParsed());
  }

  /** Null when there is no page, or one without such a series. */
  static @Nullable Double sum(List<Page> pages, String name) {
    Told told = Told.of(pages, name, null);
    return told.isWhole() ? told.sum() : null;
  }

  /**
   * A sum over the pages that have the series.
   *
   * @param pages how many have it
   * @param asked how many should
   */
  private record Told(double sum, int pages, int asked) {
    static Told of(List<Page> asked, String name, @Nullable String by) {
      double sum = 0;
      int pages = 0;
      for (Page page : asked) {
        List<Series> found = series(page, name, by);
        pages += found.isEmpty() ? 0 : 1;
        sum += found.stream().mapToDouble(Series::value).sum();
      }
      return new Told(sum, pages, asked.size());
    }

    boolean isWhole() {
      return pages == asked && asked > 0;
    }

    @Nullable Double sumOrNull() {
      return pages == 0 ? null : sum;
    }
  }

  private static List<Series> series(Page page, String name, @Nullable String by) {
    return page.series() == null
        ? List.of()
        : page.series().stream()
            .filter(s -> s.name().equals(name))
            .filter(s -> by == null || by.equals(s.labels().get("by")))
            .toList();
  }
}

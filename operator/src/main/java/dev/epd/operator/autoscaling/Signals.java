package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's signals say, look by look. A figure that is missing on any page is not known: the
 * scaler then removes nothing. Used by one thread.
 */
final class Signals {
  static final String PREFILL_TOKENS = "epd_prefill_queue_tokens";
  static final String BLOCKED_REQUESTS = "epd_queue_blocked_requests";
  static final String KV_SLOTS = "epd_kv_slots";
  static final String KV_SLOTS_FREE = "epd_kv_slots_free";

  private final Function<URI, @Nullable String> get;
  private @Nullable LatencyWindow latency;
  private @Nullable PrometheusQuery prometheus;

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
            "signal %s does not scale %s pods: give %s a policy of its own"
                .formatted(signal.type(), role.value(), role.value()));
      }
    }
    return policy.signals();
  }

  Look look(List<ScalingSignal> signals, Role role, Scrape scrape) {
    LoadSample images = null;
    List<SignalReading> readings = new ArrayList<>();
    for (ScalingSignal signal : signals) {
      String name = signal.type().name();
      switch (signal.type()) {
        case ImageQueue -> images = LoadMetrics.sample(scrape);
        case QueueTokens ->
            readings.add(
                new SignalReading(
                    name,
                    Kind.SUM,
                    sum(scrape.gateways(), PREFILL_TOKENS),
                    signal.queueTokensOrDefault().perPodOrDefault()));
        case KVUtilization ->
            readings.add(
                new SignalReading(
                    name,
                    Kind.SHARE,
                    kvUtilization(role, scrape),
                    signal.kvUtilizationOrDefault().percentOrDefault() / 100.0));
        case Latency ->
            readings.add(latency(name, Objects.requireNonNull(signal.latency()), scrape));
        case Prometheus ->
            readings.add(prometheus(name, Objects.requireNonNull(signal.prometheus()), scrape));
      }
    }
    return new Look(images, readings, scrape.takenAt());
  }

  /** Taken slots and the requests that wait for one, of all slots; above 1 when many wait. */
  private static @Nullable Double kvUtilization(Role role, Scrape scrape) {
    Double all = sum(scrape.pods(), KV_SLOTS);
    Double free = sum(scrape.pods(), KV_SLOTS_FREE);
    Double waiting = sum(scrape.gateways(), BLOCKED_REQUESTS, role.value());
    return all == null || free == null || waiting == null || all <= 0
        ? null
        : Math.max(0, all - free + waiting) / all;
  }

  private SignalReading latency(String name, LatencySignal signal, Scrape scrape) {
    LatencyWindow window = latency;
    String histogram = signal.metric().histogram();
    if (window == null || !window.measures(histogram, signal.percentileOrDefault())) {
      window = new LatencyWindow(histogram, signal.percentileOrDefault());
      latency = window;
    }
    double target = signal.targetParsed().toNanos() / 1e9;
    Double value = window.look(scrape);
    return new SignalReading(name, Kind.LATENCY, value, target, window.fewestPods());
  }

  private SignalReading prometheus(String name, PrometheusSignal signal, Scrape scrape) {
    PrometheusQuery query = prometheus;
    if (query == null || !query.asks(signal)) {
      query = new PrometheusQuery(signal, get);
      prometheus = query;
    }
    return new SignalReading(name, Kind.SUM, query.value(scrape.takenAt()), signal.perPodParsed());
  }

  static @Nullable Double sum(List<Page> pages, String name) {
    return sum(pages, name, null);
  }

  /** Null when there is no page, or one without such a series. */
  private static @Nullable Double sum(List<Page> pages, String name, @Nullable String by) {
    double sum = 0;
    for (Page page : pages) {
      List<Series> found =
          page.series() == null
              ? List.of()
              : page.series().stream()
                  .filter(s -> s.name().equals(name))
                  .filter(s -> by == null || by.equals(s.labels().get("by")))
                  .toList();
      if (found.isEmpty()) {
        return null;
      }
      sum += found.stream().mapToDouble(Series::value).sum();
    }
    return pages.isEmpty() ? null : sum;
  }
}

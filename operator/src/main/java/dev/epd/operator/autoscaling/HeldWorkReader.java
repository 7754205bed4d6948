package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Role;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.Slowness;
import dev.epd.operator.autoscaling.HttpLoadSource.Asked;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.operator.autoscaling.Scrape.Page;
import dev.epd.planner.HeldWork;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What pods hold and how fast they are, by their own metrics and the gateways'. */
public final class HeldWorkReader {
  /** What gateways have given to an encoder, by its pod's name. */
  private static final String GIVEN = LoadMetrics.OUTSTANDING_PATCHES;

  private static final String CALLS = "epd_role_running";
  static final String REQUESTS = "epd_requests_active";

  private final HttpLoadSource http;

  /** A reader that asks through the given source. */
  public HeldWorkReader(HttpLoadSource http) {
    this.http = http;
  }

  /**
   * Asks all at once; takes no longer than about a second. A pod that does not say what it holds is
   * missing from the answer. So are all encoders while a gateway does not say what it gave them.
   *
   * @param pods of one role
   * @param gateways those that send to them
   */
  public Map<String, HeldWork> read(Role role, List<Pod> pods, List<Pod> gateways)
      throws InterruptedException {
    List<Asked> given = role == Role.ENCODER ? http.ask(Mapping.ready(gateways)) : List.of();
    List<Asked> leaving = role == Role.ENCODER ? http.ask(Mapping.leaving(gateways)) : List.of();
    String own = role == Role.GATEWAY ? REQUESTS : CALLS;
    List<Asked> asked = http.ask(Mapping.ready(pods));
    Map<String, Double> patches = new HashMap<>();
    for (Page page : HttpLoadSource.await(given)) {
      if (page.series() == null) {
        return Map.of();
      }
      addGiven(page.series(), patches);
    }
    // One that is leaving may be gone by now, and its work with it.
    for (Page page : HttpLoadSource.await(leaving)) {
      addGiven(page.series() == null ? List.of() : page.series(), patches);
    }
    List<Page> pages = HttpLoadSource.await(asked);
    Map<String, Integer> slowness = role == Role.ENCODER ? slowness(pages) : Map.of();
    Map<String, HeldWork> held = new HashMap<>();
    for (Page page : pages) {
      List<Series> series = page.series() == null ? List.of() : page.series();
      List<Series> calls = series.stream().filter(s -> s.name().equals(own)).toList();
      if (!calls.isEmpty()) {
        held.put(
            page.pod(),
            new HeldWork(
                slowness.getOrDefault(page.pod(), 0),
                patches.getOrDefault(page.pod(), 0.0),
                calls.stream().mapToDouble(Series::value).sum()));
      }
    }
    return held;
  }

  private static Map<String, Integer> slowness(List<Page> encoders) {
    Map<String, EncoderTotals> totals = new HashMap<>();
    for (Page page : encoders) {
      if (page.series() != null) {
        totals.put(page.pod(), LoadMetrics.encoder(page.series()));
      }
    }
    return Slowness.steps(totals);
  }

  private static void addGiven(List<Series> page, Map<String, Double> patches) {
    for (Series series : page) {
      if (series.name().equals(GIVEN)) {
        patches.merge(series.labels().getOrDefault("encoder", ""), series.value(), Double::sum);
      }
    }
  }
}

package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Role;
import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.planner.HeldWork;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;

/** What pods hold, by their own metrics and the gateways'. */
public final class HeldWorkReader {
  /** What gateways have given to an encoder, by its pod's name. */
  private static final String GIVEN = LoadMetrics.OUTSTANDING_PATCHES;

  private static final String CALLS = "epd_role_running";
  private static final String REQUESTS = "epd_requests_active";

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
    Map<String, Future<Optional<List<Series>>>> given =
        role == Role.ENCODER ? http.ask(Mapping.ready(gateways), page -> page) : Map.of();
    String own = role == Role.GATEWAY ? REQUESTS : CALLS;
    List<Endpoint> asked = Mapping.ready(pods);
    Map<String, Future<Optional<List<Series>>>> pages = http.ask(asked, page -> page);
    Map<String, Double> patches = new HashMap<>();
    for (var answer : given.values()) {
      Optional<List<Series>> page = HttpLoadSource.await(answer);
      if (page.isEmpty()) {
        return Map.of();
      }
      for (Series series : page.get()) {
        if (series.name().equals(GIVEN)) {
          patches.merge(series.labels().getOrDefault("encoder", ""), series.value(), Double::sum);
        }
      }
    }
    Map<String, HeldWork> held = new HashMap<>();
    for (var answer : pages.entrySet()) {
      Optional<List<Series>> page = HttpLoadSource.await(answer.getValue());
      List<Series> calls =
          page.orElse(List.of()).stream().filter(s -> s.name().equals(own)).toList();
      if (!calls.isEmpty()) {
        held.put(
            answer.getKey(),
            new HeldWork(
                patches.getOrDefault(answer.getKey(), 0.0),
                calls.stream().mapToDouble(Series::value).sum()));
      }
    }
    return held;
  }
}

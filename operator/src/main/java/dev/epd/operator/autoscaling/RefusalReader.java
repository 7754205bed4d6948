package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Role;
import dev.epd.operator.autoscaling.HttpLoadSource.Asked;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.operator.autoscaling.Scrape.Page;
import dev.epd.planner.Refusals;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Which ready pods gateways refuse, by the gateways' own metrics. */
public final class RefusalReader {
  static final String USABLE = "epd_gateway_usable_pods";
  static final String REFUSED = "epd_gateway_refused_pods";

  private final HttpLoadSource http;

  /** A reader that asks through the given source. */
  public RefusalReader(HttpLoadSource http) {
    this.http = http;
  }

  /**
   * Asks the ready ones among the gateways of many clusters all at once; takes no longer than about
   * a second. A cluster without a ready gateway has nobody who refuses.
   */
  public <K> Map<K, Refusals> read(Map<K, List<Pod>> gateways) throws InterruptedException {
    Map<K, List<Asked>> asked = new LinkedHashMap<>();
    gateways.forEach((cluster, pods) -> asked.put(cluster, http.ask(Mapping.ready(pods))));
    Map<K, Refusals> read = new HashMap<>();
    for (Map.Entry<K, List<Asked>> of : asked.entrySet()) {
      read.put(
          of.getKey(),
          of.getValue().isEmpty() ? Refusals.NONE : refusals(HttpLoadSource.await(of.getValue())));
    }
    return read;
  }

  private static Refusals refusals(List<Page> pages) {
    List<Refusals.Seen> answered = new ArrayList<>();
    for (Page page : pages) {
      if (page.series() != null) {
        answered.add(seen(page.pod(), page.series()));
      }
    }
    return Refusals.of(answered);
  }

  private static Refusals.Seen seen(String gateway, List<Series> page) {
    Map<Role, Integer> usable = new EnumMap<>(Role.class);
    Map<Role, Map<String, Integer>> refused = new EnumMap<>(Role.class);
    for (Series series : page) {
      Optional<Role> role = role(series);
      int pods = (int) series.value();
      if (role.isPresent() && series.name().equals(USABLE)) {
        usable.put(role.get(), pods);
      } else if (role.isPresent() && series.name().equals(REFUSED)) {
        String why = series.labels().getOrDefault("reason", "");
        refused.computeIfAbsent(role.get(), r -> new HashMap<>()).merge(why, pods, Integer::sum);
      }
    }
    return new Refusals.Seen(gateway, usable, refused);
  }

  private static Optional<Role> role(Series series) {
    String name = series.labels().get("role");
    return Stream.of(Role.values()).filter(role -> role.value().equals(name)).findFirst();
  }
}

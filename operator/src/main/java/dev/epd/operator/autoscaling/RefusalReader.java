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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Which ready pods gateways refuse, by the gateways' own metrics. */
public final class RefusalReader {
  static final String USABLE = "epd_gateway_usable_pods";
  static final String REFUSED = "epd_gateway_refused_pods";

  /** So many clusters at once: a page is some tens of kilobytes until it is read. */
  private static final int AT_ONCE = 50;

  private final HttpLoadSource http;

  /** A reader that asks through the given source. */
  public RefusalReader(HttpLoadSource http) {
    this.http = http;
  }

  /** Asks the ready ones among the gateways of each cluster. */
  public <K> Map<K, Refusals> read(Map<K, List<Pod>> gateways) throws InterruptedException {
    Map<K, Refusals> read = new HashMap<>();
    List<K> clusters = List.copyOf(gateways.keySet());
    for (int from = 0; from < clusters.size(); from += AT_ONCE) {
      Map<K, List<Asked>> asked = new HashMap<>();
      for (K cluster : clusters.subList(from, Math.min(clusters.size(), from + AT_ONCE))) {
        asked.put(cluster, http.ask(Mapping.ready(gateways.getOrDefault(cluster, List.of()))));
      }
      for (Map.Entry<K, List<Asked>> of : asked.entrySet()) {
        read.put(of.getKey(), refusals(HttpLoadSource.await(of.getValue())));
      }
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
    return Refusals.of(answered, pages.size() - answered.size());
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

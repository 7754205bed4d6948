package dev.epd.onebox.demo;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the demo looks at in the cluster: the kinds by name only, as a user's scripts would. */
public final class Cluster {

  private static final String API = "epd.dev/v1alpha1";

  private final KubernetesClient client;
  private final String namespace;
  private final String name;

  public Cluster(KubernetesClient client, String namespace, String name) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
  }

  public boolean isReady() {
    return "True".equals(condition("Ready"));
  }

  /** One line: how many pods of each pool are ready. */
  String pools() {
    Map<String, List<Pod>> byRole =
        pods().stream()
            .collect(
                Collectors.groupingBy(Cluster::role, java.util.TreeMap::new, Collectors.toList()));
    if (byRole.isEmpty()) {
      return "no pods yet";
    }
    return byRole.entrySet().stream()
        .map(
            e ->
                "%s %d/%d"
                    .formatted(
                        e.getKey(),
                        e.getValue().stream().filter(Readiness::isPodReady).count(),
                        e.getValue().size()))
        .collect(Collectors.joining("  "));
  }

  long ready(String role) {
    return pods().stream()
        .filter(pod -> role(pod).equals(role) && Readiness.isPodReady(pod))
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .count();
  }

  public Optional<String> gatewayAddress() {
    return pods().stream()
        .filter(pod -> role(pod).equals("gateway") && Readiness.isPodReady(pod))
        .map(pod -> pod.getStatus().getPodIP())
        .findFirst();
  }

  private List<Pod> pods() {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel("epd.dev/cluster", name)
        .list()
        .getItems();
  }

  private static String role(Pod pod) {
    return pod.getMetadata().getLabels().getOrDefault("epd.dev/role", "?");
  }

  private String condition(String type) {
    GenericKubernetesResource cluster =
        client
            .genericKubernetesResources(API, "EPDCluster")
            .inNamespace(namespace)
            .withName(name)
            .get();
    if (cluster == null || !(cluster.get("status", "conditions") instanceof List<?> conditions)) {
      return "Unknown";
    }
    return conditions.stream()
        .filter(c -> c instanceof Map<?, ?> map && type.equals(map.get("type")))
        .map(c -> String.valueOf(((Map<?, ?>) c).get("status")))
        .findFirst()
        .orElse("Unknown");
  }
}

package dev.epd.helm;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The Prometheus operator's kinds by name: what makes a cluster have the API. Their fields are
 * checked elsewhere, against types.
 */
final class MonitoringApi {
  static final String YAML =
      List.of("PodMonitor", "PrometheusRule").stream()
          .map(MonitoringApi::definition)
          .collect(Collectors.joining("---\n"));

  private MonitoringApi() {}

  private static String definition(String kind) {
    return """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: %1$ss.monitoring.coreos.com}
    spec:
      group: monitoring.coreos.com
      scope: Namespaced
      names: {plural: %1$ss, singular: %1$s, kind: %2$s}
      versions:
        - name: v1
          served: true
          storage: true
          schema:
            openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
    """
        .formatted(kind.toLowerCase(Locale.ROOT), kind);
  }
}

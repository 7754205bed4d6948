package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectFieldSelector;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The downward API: fields of a pod and resources of its containers as text. */
record PodFields(Pod pod, String podIp, String nodeIp, Map<String, String> capacity) {

  String field(ObjectFieldSelector selector) throws NotYet {
    String path = selector.getFieldPath();
    var metadata = pod.getMetadata();
    return switch (path) {
      case "metadata.name" -> metadata.getName();
      case "metadata.namespace" -> metadata.getNamespace();
      case "metadata.uid" -> metadata.getUid();
      case "metadata.labels" -> all(metadata.getLabels());
      case "metadata.annotations" -> all(metadata.getAnnotations());
      case "spec.nodeName" -> text(pod.getSpec().getNodeName());
      case "spec.serviceAccountName" -> text(pod.getSpec().getServiceAccountName());
      case "status.podIP", "status.podIPs" -> podIp;
      case "status.hostIP", "status.hostIPs" -> nodeIp;
      default -> keyed(path);
    };
  }

  String resource(ResourceFieldSelector selector, Container own) throws NotYet {
    Container container = own;
    if (selector.getContainerName() != null) {
      container =
          pod.getSpec().getContainers().stream()
              .filter(each -> each.getName().equals(selector.getContainerName()))
              .findFirst()
              .orElse(own);
    }
    String path = selector.getResource();
    String name = path.substring(path.indexOf('.') + 1);
    Quantity quantity = null;
    var resources = container.getResources();
    if (resources != null) {
      Map<String, Quantity> limits = resources.getLimits();
      Map<String, Quantity> requests = resources.getRequests();
      quantity = path.startsWith("limits.") ? limits.get(name) : requests.get(name);
    }
    if (quantity == null && capacity.containsKey(name)) {
      quantity = new Quantity(capacity.get(name)); // no limit: all that the node has
    }
    if (quantity == null) {
      throw new NotYet("CreateContainerConfigError", "no resource " + path);
    }
    BigDecimal divisor = BigDecimal.ONE;
    if (selector.getDivisor() != null && selector.getDivisor().getNumericalAmount().signum() > 0) {
      divisor = selector.getDivisor().getNumericalAmount();
    }
    return quantity.getNumericalAmount().divide(divisor, 0, RoundingMode.CEILING).toPlainString();
  }

  private String keyed(String path) throws NotYet {
    int open = path.indexOf("['");
    if (open > 0 && path.endsWith("']")) {
      String key = path.substring(open + 2, path.length() - 2);
      Map<String, String> values =
          path.startsWith("metadata.labels")
              ? pod.getMetadata().getLabels()
              : pod.getMetadata().getAnnotations();
      return values == null ? "" : values.getOrDefault(key, "");
    }
    throw new NotYet("CreateContainerConfigError", "unknown field " + path);
  }

  private static String all(@Nullable Map<String, String> values) {
    return values == null
        ? ""
        : new TreeMap<>(values)
            .entrySet().stream()
                .map(entry -> entry.getKey() + "=\"" + entry.getValue() + "\"")
                .collect(Collectors.joining("\n"));
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}

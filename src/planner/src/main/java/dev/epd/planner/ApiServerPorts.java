package dev.epd.planner;

import java.util.List;

/**
 * Ports that the API server listens on, as seen behind its Service. A network policy cannot name
 * the API server itself: it is no pod, and its addresses change.
 */
public record ApiServerPorts(List<Integer> numbers) {
  /** Most, kubeadm, minikube, MicroK8s. */
  public static final ApiServerPorts USUAL = new ApiServerPorts(List.of(443, 6443, 8443, 16443));

  public ApiServerPorts {
    numbers = List.copyOf(numbers);
    if (numbers.isEmpty() || numbers.stream().anyMatch(n -> n < 1 || n > 65535)) {
      throw new IllegalArgumentException("no list of ports: " + numbers);
    }
  }
}

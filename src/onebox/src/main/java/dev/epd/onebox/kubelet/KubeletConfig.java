package dev.epd.onebox.kubelet;

import java.time.Duration;
import java.util.Map;

/**
 * The node.
 *
 * @param capacity advertised resources, quantities as text; pretend ones included
 * @param images what images mean here
 * @param backoffBase wait before the second restart; the first is immediate, each later one waits
 *     twice as long (a real kubelet: 10 s)
 * @param backoffMax the longest wait (a real kubelet: 300 s)
 * @param stopGrace how long running pods may take to end when the node itself is stopped
 */
public record KubeletConfig(
    String nodeName,
    Map<String, String> capacity,
    ImageTable images,
    Duration backoffBase,
    Duration backoffMax,
    Duration stopGrace) {

  public KubeletConfig {
    capacity = Map.copyOf(capacity);
  }

  public static KubeletConfig defaults(ImageTable images) {
    return new KubeletConfig(
        "onebox",
        Map.of("cpu", "64", "memory", "256Gi", "pods", "110", "nvidia.com/gpu", "8"),
        images,
        Duration.ofSeconds(1),
        Duration.ofSeconds(30),
        Duration.ofSeconds(5));
  }

  public KubeletConfig withCapacity(String resource, String quantity) {
    Map<String, String> all = new java.util.HashMap<>(capacity);
    all.put(resource, quantity);
    return new KubeletConfig(nodeName, all, images, backoffBase, backoffMax, stopGrace);
  }

  public KubeletConfig withBackoff(Duration base, Duration max) {
    return new KubeletConfig(nodeName, capacity, images, base, max, stopGrace);
  }
}

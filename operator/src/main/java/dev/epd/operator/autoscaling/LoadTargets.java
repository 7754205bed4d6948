package dev.epd.operator.autoscaling;

import java.util.List;

/**
 * Whom to ask for figures.
 *
 * @param gateways the gateways' pods that take requests
 * @param pods the pool's pods that take work
 */
public record LoadTargets(List<Endpoint> gateways, List<Endpoint> pods) {

  /** Copies the lists. */
  public LoadTargets {
    gateways = List.copyOf(gateways);
    pods = List.copyOf(pods);
  }

  /** A pod's name and address. */
  public record Endpoint(String pod, String address) {}
}

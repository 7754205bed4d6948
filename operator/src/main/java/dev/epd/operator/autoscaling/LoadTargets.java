package dev.epd.operator.autoscaling;

import java.util.List;

/**
 * Whom to ask for figures.
 *
 * @param gateways the gateways' pods that take requests
 * @param encoders the pool's pods that take work
 */
public record LoadTargets(List<Endpoint> gateways, List<Endpoint> encoders) {

  /** Copies the lists. */
  public LoadTargets {
    gateways = List.copyOf(gateways);
    encoders = List.copyOf(encoders);
  }

  /** A pod's name and address. */
  public record Endpoint(String pod, String address) {}
}

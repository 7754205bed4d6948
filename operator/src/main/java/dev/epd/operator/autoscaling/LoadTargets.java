package dev.epd.operator.autoscaling;

import java.util.List;

/**
 * Whom to ask for figures.
 *
 * @param gateways the gateways' pods that take requests: each is expected to answer
 * @param leaving those that are told to stop and finish what they have: they count while they
 *     answer
 * @param pods the pool's pods that take work
 */
public record LoadTargets(List<Endpoint> gateways, List<Endpoint> leaving, List<Endpoint> pods) {

  /** Copies the lists. */
  public LoadTargets {
    gateways = List.copyOf(gateways);
    leaving = List.copyOf(leaving);
    pods = List.copyOf(pods);
  }

  /** A pod's name and address. */
  public record Endpoint(String pod, String address) {}
}

package dev.epd.gateway.endpoints;

import dev.epd.contract.Role;

/**
 * One pod of the cluster as its source sees it.
 *
 * @param podName unique within the cluster
 * @param host address without port
 * @param controlPort gRPC
 * @param transferPort bulk data; what tickets name
 * @param ready the pod says it can take work
 * @param deleting the pod is going away, or is about to: what runs there may finish, nothing new is
 *     sent
 * @param compatibilityKey pods of different keys never talk; empty when the source knows none
 */
public record Endpoint(
    Role role,
    String podName,
    String host,
    int controlPort,
    int transferPort,
    boolean ready,
    boolean deleting,
    String compatibilityKey) {

  /** May be given new work as far as its source knows. */
  public boolean usable() {
    return ready && !deleting && !host.isEmpty();
  }

  /** The same pod, to which nothing new is sent. */
  public Endpoint leaving() {
    return new Endpoint(
        role, podName, host, controlPort, transferPort, ready, true, compatibilityKey);
  }
}

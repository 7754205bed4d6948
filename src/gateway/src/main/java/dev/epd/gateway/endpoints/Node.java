package dev.epd.gateway.endpoints;

import dev.epd.contract.Role;
import dev.epd.contract.v1.NodeDescription;
import dev.epd.gateway.queue.Worker;
import io.grpc.ManagedChannel;

/**
 * One life of a pod's process, with the connection to it. A restart makes another node:
 * reservations of the earlier one are gone.
 */
public final class Node implements Worker {
  private final Endpoint endpoint;
  private final NodeDescription description;
  private final ManagedChannel channel;

  Node(Endpoint endpoint, NodeDescription description, ManagedChannel channel) {
    this.endpoint = endpoint;
    this.description = description;
    this.channel = channel;
  }

  @Override
  public Role role() {
    return endpoint.role();
  }

  @Override
  public String podName() {
    return endpoint.podName();
  }

  @Override
  public int maxRequests() {
    return Math.max(1, description.getMaxRequests());
  }

  @Override
  public int maxImages() {
    return Math.max(1, description.getMaxImages());
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  public NodeDescription description() {
    return description;
  }

  /** For stubs; calls are signed and traced. */
  public ManagedChannel channel() {
    return channel;
  }

  /** Ends the connection and every call on it with UNAVAILABLE. */
  void abort() {
    channel.shutdownNow();
  }

  @Override
  public String toString() {
    return endpoint.podName();
  }
}

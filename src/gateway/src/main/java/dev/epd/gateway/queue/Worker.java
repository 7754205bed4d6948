package dev.epd.gateway.queue;

import dev.epd.contract.Role;

/**
 * A running process of a role that can be given work. Identity counts: a pod that restarts is
 * another worker.
 */
public interface Worker {
  Role role();

  String podName();

  /** Requests that may run there at once. */
  int maxRequests();

  /** Images that may wait or run there at once. */
  int maxImages();
}

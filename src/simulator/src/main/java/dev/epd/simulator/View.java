package dev.epd.simulator;

import dev.epd.autoscaler.Mix;
import java.util.List;

/** What a policy may see of a pool: the present, and totals of the past. */
public interface View {
  /** Seconds since the trace began. */
  double now();

  /** Replicas that were asked for last. */
  int wanted();

  /** Fewest replicas allowed. */
  int min();

  /** Most replicas allowed. */
  int max();

  /** Pods that take work. */
  int ready();

  /** Pods that have been created and are not ready. */
  int starting();

  /** Images that wait for an encoder. */
  long queuedImages();

  /** Their patches. */
  double queuedPatches();

  /** Images being encoded. */
  int imagesInService();

  /** Images that wait or are being encoded. */
  default long imagesInSystem() {
    return queuedImages() + imagesInService();
  }

  /** Patches being encoded. */
  double patchesInService();

  /** How long the image at the head of the queue has waited, in seconds. */
  double oldestWait();

  /** Requests with images since the beginning, cache hits included. */
  long arrivedRequests();

  /** Images since the beginning, cache hits included. */
  long arrivedImages();

  /** Images that had to be encoded, since the beginning, by size. */
  Mix work();

  /** Images that wait for an encoder, by size. */
  Mix queued();

  /** Patches that had to be encoded, since the beginning. */
  double arrivedPatches();

  /** Pods that exist, draining ones included. */
  List<Pod> pods();
}

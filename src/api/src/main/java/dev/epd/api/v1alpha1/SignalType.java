package dev.epd.api.v1alpha1;

/** What a pool is scaled on. */
public enum SignalType {
  /** The work that waits in, and arrives at, the gateways' image queues. */
  ImageQueue
}

package dev.epd.api.v1alpha1;

/** What a pool is scaled on. */
public enum SignalType {
  /** The work that waits in, and arrives at, the gateways' image queues. */
  ImageQueue,
  /** The prompt tokens that wait for prefill or are in hand there. */
  QueueTokens,
  /** The share of KV slots that are taken or waited for. */
  KVUtilization,
  /** A percentile of a time that the gateways measure. */
  Latency,
  /** A query to a Prometheus server. */
  Prometheus
}

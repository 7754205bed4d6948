package dev.epd.api.v1alpha1;

/** A time that the gateways measure. */
public enum LatencyMetric {
  /** From a request's arrival to its first token. */
  TimeToFirstToken("epd_time_to_first_token_seconds"),
  /** Between two tokens of an answer. */
  InterToken("epd_inter_token_seconds"),
  /** From admission until places were granted. */
  Queue("epd_gateway_queue_seconds"),
  /** From an image's place at an encoder until its embeddings arrived. */
  Encode("epd_gateway_encode_seconds");

  private final String histogram;

  LatencyMetric(String histogram) {
    this.histogram = histogram;
  }

  /** The gateways' histogram of it. */
  public String histogram() {
    return histogram;
  }
}

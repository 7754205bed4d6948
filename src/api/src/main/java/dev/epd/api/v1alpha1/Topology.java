package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the stages of a request are split over pools; follows from which pools the spec has. */
public enum Topology {
  /** Three pools. */
  @JsonProperty("E+P+D")
  E_P_D,
  /** Prefill writes the answer too. */
  @JsonProperty("E+PD")
  E_PD,
  /** Prefill encodes images too. */
  @JsonProperty("EP+D")
  EP_D,
  /** Prefill does everything. */
  @JsonProperty("EPD")
  EPD;

  public static Topology of(EPDClusterSpec spec) {
    if (spec.encoder() != null) {
      return spec.decode() != null ? E_P_D : E_PD;
    }
    return spec.decode() != null ? EP_D : EPD;
  }
}

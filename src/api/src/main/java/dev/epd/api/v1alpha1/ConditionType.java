package dev.epd.api.v1alpha1;

/** The types of condition that the operator reports. The constants are the names in the API. */
public enum ConditionType {
  /** Everything the spec asks for is there and ready. */
  Ready,
  /** Requests are answered: a gateway and every role on the path has a ready pod. */
  Available,
  /** The gateway pool has the pods it wants. */
  GatewayReady,
  /** The encoder pool has the pods it wants; absent when there is no such pool. */
  EncoderReady,
  /** The prefill pool has the pods it wants. */
  PrefillReady,
  /** The decode pool has the pods it wants; absent when there is no such pool. */
  DecodeReady,
  /** The autoscaler decides on fresh data; absent when nothing is autoscaled. */
  AutoscalingActive;

  /** The condition of one pool in its cluster. */
  public static ConditionType ofPool(Role role) {
    return switch (role) {
      case GATEWAY -> GatewayReady;
      case ENCODER -> EncoderReady;
      case PREFILL -> PrefillReady;
      case DECODE -> DecodeReady;
    };
  }
}

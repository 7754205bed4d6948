package dev.epd.api.v1alpha1;

/** The types of condition that the operator reports. The constants are the names in the API. */
public enum ConditionType {
  Ready(
      "Everything the spec asks for is there and ready; while only numbers change, the pods that were"
          + " there are (Progressing says when all are)."),
  Available(
      "Requests are answered: a gateway is ready, and every role on the path has a ready pod that gets work."),
  ImageServing("Requests with images are answered, if only after encoders have been woken."),
  ModelReady("The model was found and loaded."),
  Progressing("Pods are being made or replaced."),
  CapacityLimited("A pool asks for more pods than a bound, a quota or the nodes leave it."),
  RolloutCoherent("All pods of all roles share one compatibility key; False while two sets exist."),
  Degraded("Something that was asked for is broken, and does not merely start."),
  GatewayReady("The gateway pool has the pods it wants."),
  EncoderReady("The encoder pool has the pods it wants; absent when there is no such pool."),
  PrefillReady("The prefill pool has the pods it wants."),
  DecodeReady("The decode pool has the pods it wants; absent when there is no such pool."),
  AutoscalingActive("The autoscaler decides on fresh data; absent when nothing is autoscaled.");

  private final String whenTrue;

  ConditionType(String whenTrue) {
    this.whenTrue = whenTrue;
  }

  /** What it means that this condition is True. */
  public String whenTrue() {
    return whenTrue;
  }

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
